// shared_area.cpp - see shared_area.hpp.

#include "shared_area.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <set>
#include <system_error>
#include <utility>

#include <fmt/format.h>

namespace cli {
namespace {

// Cut out of nothing but 64-bit words, so that any 64 bytes at a multiple of 64 are one, or zero
// (a hole).
struct record {
  std::uint64_t words[7];
  std::uint64_t digest;

  [[nodiscard]] std::uint64_t expected() const noexcept {
    std::uint64_t out = 0x1a57;
    for (const std::uint64_t word : words) out = mixed(out ^ word);
    return out;
  }
};
static_assert(sizeof(record) == 64);

constexpr std::uint64_t records_max = 512;  // in a file: it is cut when it has more

}  // namespace

shared_area::shared_area(std::string directory, complaints& wrong)
    : directory_(std::move(directory)), wrong_(wrong) {}

void shared_area::act(actor& who, random_source& random) const {
  const std::string path = some_name(random);
  switch (random.below(16)) {
    case 0:
    case 1:
    case 2: return write_record(who, random);
    case 3:
    case 4:
    case 5: return read_records(who, random);
    case 6: return lawful(who, who.rename(path, some_name(random)).error(), "rename", path);
    case 7:
      return lawful(who, who.rename(path, path + "/below").error(), "rename below itself", path);
    case 8: return lawful(who, who.link(path, some_name(random)).error(), "link", path);
    case 9: return lawful(who, who.symlink(some_name(random), path).error(), "symlink", path);
    case 10: return lawful(who, who.unlink(path).error(), "unlink", path);
    case 11: return lawful(who, who.mkdir(path).error(), "mkdir", path);
    case 12: return lawful(who, who.rmdir(path).error(), "rmdir", path);
    case 13: return list(who, random.once_in(2) ? directory_ : path);
    case 14: return lawful(who, who.readlink(path).error(), "readlink", path);
    default: return lawful(who, who.stat(path).error(), "stat", path);
  }
}

std::string shared_area::some_name(random_source& random) const {
  std::string out = fmt::format("{}/s{}", directory_, random.below(names));
  if (random.once_in(3)) out += fmt::format("/s{}", random.below(names));
  return out;
}

// Whatever a rival may have done to a name explains these; nothing explains any other.
void shared_area::lawful(actor& who, int error, const char* doing, const std::string& path) const {
  static constexpr std::array explained{0,      ENOENT, EEXIST, ENOTDIR, EISDIR, ENOTEMPTY,
                                        EINVAL, ELOOP,  EBUSY,  EXDEV,   EPERM,  ENAMETOOLONG};
  if (std::find(explained.begin(), explained.end(), error) != explained.end() || who.excused())
    return;
  wrong_.add("an operation on a shared name failed for no reason",
             fmt::format("{} of {}: {}", doing, path, std::generic_category().message(error)));
}

void shared_area::write_record(actor& who, random_source& random) const {
  const std::string path = some_name(random);
  const bool append = random.once_in(2);
  const auto opened =
      who.open(path, O_RDWR | O_CREAT | (append ? O_APPEND : 0) | (random.once_in(4) ? O_EXCL : 0));
  lawful(who, opened.error(), "create", path);
  if (!opened) return;
  record mine{};
  for (std::uint64_t& word : mine.words) word = random.next();
  mine.digest = mine.expected();
  const auto bytes = std::as_bytes(std::span(&mine, 1));
  const auto attributes = who.fstat(*opened);
  if (attributes && attributes->size > records_max * sizeof(record)) {
    lawful(who, who.ftruncate(*opened, random.below(8) * sizeof(record)).error(), "truncate", path);
  }
  const auto written = append ? who.write(*opened, bytes)
                              : who.pwrite(*opened, bytes, random.below(64) * sizeof(record));
  lawful(who, written.error(), "write", path);
  if (written && *written != sizeof mine) wrong_.add("a record was written in part", path);
  if (!random.once_in(16))
    lawful(who, who.close(*opened).error(), "close", path);  // else the process's end closes it
}

void shared_area::read_records(actor& who, random_source& random) const {
  const std::string path = some_name(random);
  const auto opened = who.open(path, O_RDONLY);
  lawful(who, opened.error(), "open", path);
  if (!opened) return;
  std::array<record, 64> many;
  for (std::uint64_t at = 0;; at += sizeof many) {
    const auto got = who.pread(*opened, std::as_writable_bytes(std::span(many)), at);
    if (!got) {
      lawful(who, got.error(), "read", path);
      break;
    }
    if (*got % sizeof(record) != 0)
      wrong_.add("a file ends within a record", fmt::format("{} at byte {}", path, at + *got));
    for (std::size_t i = 0; i < *got / sizeof(record); ++i) {
      const record& each = many[i];
      const bool hole =
          each.digest == 0 &&
          std::all_of(std::begin(each.words), std::end(each.words), [](auto w) { return w == 0; });
      if (!hole && each.digest != each.expected()) {
        wrong_.add("a torn record", fmt::format("{} at byte {}", path, at + i * sizeof(record)));
      }
    }
    if (*got < sizeof many) break;
  }
  lawful(who, who.close(*opened).error(), "close", path);
}

void shared_area::list(actor& who, const std::string& path) const {
  const auto entries = who.readdir(path);
  lawful(who, entries.error(), "readdir", path);
  if (!entries) return;
  std::set<std::string_view> seen;
  for (const auto& each : *entries) {
    if (!seen.insert(each.name).second)
      wrong_.add("readdir told a name twice", path + "/" + each.name);
  }
}

}  // namespace cli
