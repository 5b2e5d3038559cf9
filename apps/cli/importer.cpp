// importer.cpp - see importer.hpp.

#include "importer.hpp"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "digest.hpp"
#include "interrupt.hpp"
#include "progress_bar.hpp"
#include "units.hpp"

namespace cli {
namespace {

constexpr std::size_t piece_bytes = std::size_t{256} << 10;
constexpr std::uint64_t entry_weight = 4096;  // what a name costs on the progress bar, in bytes

std::string absolute(const std::string& path) { return "/" + path; }

std::string because(int error) { return std::generic_category().message(error); }

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

skipped reason(host_read outcome) noexcept {
  switch (outcome) {
    case host_read::skipped_vanished: return skipped::vanished;
    case host_read::skipped_unreadable: return skipped::unreadable;
    default: return skipped::changed;
  }
}

// A descriptor of the filesystem's that is closed when its holder goes.
class open_file {
 public:
  open_file(lastout::vfs::filesystem& fs, lastout::vfs::process& self, const std::string& path,
            int flags, std::uint32_t mode = 0644)
      : fs_(fs), self_(self) {
    const auto opened = fs.open(self, path, flags, mode);
    if (opened) number_ = *opened;
    error_ = opened.error();
  }
  open_file(const open_file&) = delete;
  open_file& operator=(const open_file&) = delete;
  ~open_file() {
    if (number_ >= 0) static_cast<void>(fs_.close(self_, number_));
  }

  [[nodiscard]] int number() const noexcept { return number_; }
  [[nodiscard]] int error() const noexcept { return error_; }

 private:
  lastout::vfs::filesystem& fs_;
  lastout::vfs::process& self_;
  int number_ = -1;
  int error_ = 0;
};

}  // namespace

importer::importer(lastout::vfs::filesystem& fs, lastout::vfs::process& self, host_tree& host,
                   imported_tree& into, complaints& wrong)
    : fs_(fs),
      self_(self),
      host_(host),
      into_(into),
      wrong_(wrong),
      ours_(piece_bytes),
      theirs_(piece_bytes) {}

import_report importer::run() {
  import_report report;
  taken_.assign(host_.entries().size(), false);
  into_.directories.emplace_back("/");
  const auto start = std::chrono::steady_clock::now();
  copy(report);
  report.copy_seconds = seconds_since(start);
  const auto middle = std::chrono::steady_clock::now();
  check(report);
  report.check_seconds = seconds_since(middle);
  enter();
  return report;
}

void importer::copy(import_report& report) {
  const std::vector<host_entry>& entries = host_.entries();
  files_.assign(entries.size(), nullptr);
  progress_bar bar("copying ", host_.file_bytes() + entry_weight * entries.size());
  std::uint64_t done = 0;
  for (std::size_t at = 0; at < entries.size() && interrupt::received() == 0; ++at) {
    const host_entry& entry = entries[at];
    int error = 0;
    bool taken = true;
    switch (entry.kind) {
      case host_kind::directory:
        error = fs_.mkdir(self_, absolute(entry.path), entry.mode).error();
        break;
      case host_kind::symlink:
        error = fs_.symlink(self_, entry.target, absolute(entry.path)).error();
        break;
      case host_kind::file: taken = copy_file(at, report, error); break;
    }
    if (error != 0) wrong_.add("import failed", fmt::format("/{}: {}", entry.path, because(error)));
    taken_[at] = taken && error == 0;
    if (entry.kind == host_kind::directory) report.directories += taken_[at] ? 1 : 0;
    if (entry.kind == host_kind::symlink) report.symlinks += taken_[at] ? 1 : 0;
    done += entry_weight + (entry.same_as < 0 ? entry.size : 0);
    bar.show(done, count_of(at + 1, "name"));
  }
}

bool importer::copy_file(std::size_t at, import_report& report, int& error) {
  const host_entry& entry = host_.entries()[at];
  const std::string path = absolute(entry.path);
  if (entry.same_as >= 0) {
    const auto first = static_cast<std::size_t>(entry.same_as);
    if (files_[first] != nullptr) {
      error = fs_.link(self_, absolute(host_.entries()[first].path), path).error();
      if (error != 0) return false;
      files_[at] = files_[first];
      ++report.hard_links;
      return true;
    }
  }

  digest of;
  host_read outcome = host_read::whole;
  {
    const open_file file(fs_, self_, path, O_CREAT | O_EXCL | O_WRONLY, entry.mode);
    error = file.error();
    if (error != 0) return false;
    outcome = host_.read(entry, theirs_, [&](std::span<const std::byte> piece) {
      of.add(piece);
      while (error == 0 && !piece.empty()) {
        const auto written = fs_.write(self_, file.number(), piece);
        error = written ? 0 : written.error();
        if (written && *written == 0) error = EIO;  // no progress, no reason
        if (written) piece = piece.subspan(*written);
      }
    });
  }
  if (error != 0 || outcome != host_read::whole) {
    static_cast<void>(fs_.unlink(self_, path));
    if (error == 0) ++host_.skips()[reason(outcome)];
    return false;
  }
  file_state& file = into_.files.emplace_back(at, entry.size);
  file.set_digest(of.value());
  files_[at] = &file;
  ++report.files;
  report.bytes += entry.size;
  return true;
}

void importer::check(import_report& report) {
  const std::vector<host_entry>& entries = host_.entries();
  progress_bar bar("checking", report.bytes + entry_weight * entries.size());
  std::uint64_t done = 0;
  for (std::size_t at = 0; at < entries.size() && interrupt::received() == 0; ++at) {
    const host_entry& entry = entries[at];
    if (!taken_[at]) continue;
    if (entry.kind == host_kind::symlink) {
      const auto target = fs_.readlink(self_, absolute(entry.path));
      if (!target || *target != entry.target)
        wrong_.add("imported symlink differs", absolute(entry.path));
    }
    if (entry.kind == host_kind::file) {
      const comparison outcome = compare_with_host(entry, absolute(entry.path));
      if (outcome.equal) {
        report.bytes_checked += entry.size;
        done += entry.same_as < 0 ? entry.size : 0;
      } else if (outcome.host != host_read::whole) {  // it changed under our hands: leave it out
        static_cast<void>(fs_.unlink(self_, absolute(entry.path)));
        ++host_.skips()[reason(outcome.host)];
        taken_[at] = false;
      } else {
        wrong_.add("imported contents differ from the host's", outcome.told);
      }
    }
    done += entry_weight;
    bar.show(done, in_bytes(report.bytes_checked));
  }
}

importer::comparison importer::compare_with_host(const host_entry& entry, const std::string& path) {
  comparison out;
  const open_file file(fs_, self_, path, O_RDONLY);
  if (file.error() != 0) {
    out.told = fmt::format("{}: {}", path, because(file.error()));
    return out;
  }
  std::uint64_t at = 0;
  out.host = host_.read(entry, theirs_, [&](std::span<const std::byte> theirs) {
    for (; out.told.empty() && !theirs.empty();) {
      const auto got = fs_.read(self_, file.number(), std::span(ours_).first(theirs.size()));
      if (!got) {
        out.told = fmt::format("{} at byte {}: {}", path, at, because(got.error()));
      } else if (*got == 0) {
        out.told = fmt::format("{}: ends at byte {} of {}", path, at, entry.size);
      } else if (std::memcmp(ours_.data(), theirs.data(), *got) != 0) {
        const auto difference = std::mismatch(
            theirs.begin(), theirs.begin() + static_cast<std::ptrdiff_t>(*got), ours_.begin());
        out.told = fmt::format("{} at byte {}", path,
                               at + static_cast<std::uint64_t>(difference.first - theirs.begin()));
      } else {
        at += *got;
        theirs = theirs.subspan(*got);
      }
    }
  });
  if (out.told.empty() && out.host == host_read::whole) {
    const auto more = fs_.read(self_, file.number(), std::span(ours_).first(1));
    if (!more || *more != 0) out.told = fmt::format("{}: goes on after byte {}", path, at);
  }
  out.equal = out.host == host_read::whole && out.told.empty();
  return out;
}

void importer::enter() {
  const std::vector<host_entry>& entries = host_.entries();
  for (std::size_t at = 0; at < entries.size(); ++at) {
    if (!taken_[at]) continue;
    const host_entry& entry = entries[at];
    switch (entry.kind) {
      case host_kind::directory: into_.directories.push_back(absolute(entry.path)); break;
      case host_kind::file: into_.names.push_back({absolute(entry.path), files_[at]}); break;
      case host_kind::symlink:
        into_.symlinks.push_back({absolute(entry.path), entry.target});
        break;
    }
  }
  for (const file_name& each : into_.names) into_.paths.push_back(&each.path);
  for (std::size_t i = 1; i < into_.directories.size(); ++i)
    into_.paths.push_back(&into_.directories[i]);
}

std::uint64_t importer::check_again() {
  progress_bar bar("checking again", into_.names.size());
  std::uint64_t compared = 0;
  std::uint64_t done = 0;
  for (const file_name& each : into_.names) {
    bar.show(++done);
    if (each.file->changed()) continue;
    const host_entry& entry = host_.entries()[each.file->entry()];
    comparison outcome = compare_with_host(entry, each.path);
    if (!outcome.equal && outcome.host != host_read::whole) {
      outcome.equal = digest_of(each.path) ==
                      each.file->digest();  // the host has moved on: what we took must be left
      outcome.told = each.path + ": not what was imported";
    }
    ++compared;
    if (!outcome.equal) wrong_.add("unchanged contents differ from the host's", outcome.told);
  }
  return compared;
}

std::uint64_t importer::digest_of(const std::string& path) {
  digest out;
  const open_file file(fs_, self_, path, O_RDONLY);
  if (file.error() != 0) return ~std::uint64_t{0};
  for (;;) {
    const auto got = fs_.read(self_, file.number(), ours_);
    if (!got || *got == 0) return out.value();
    out.add(std::span<const std::byte>(ours_).first(*got));
  }
}

}  // namespace cli
