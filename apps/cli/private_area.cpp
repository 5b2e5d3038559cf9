// private_area.cpp - see private_area.hpp.

#include "private_area.hpp"

#include <algorithm>
#include <cstring>
#include <system_error>
#include <utility>

#include <fmt/format.h>

namespace cli {
namespace {

constexpr std::size_t file_bytes_max = std::size_t{48} << 10;

std::string because(int error) {
  return error == 0 ? "it worked" : std::generic_category().message(error);
}

std::size_t some_size(random_source& random) {  // mostly small, as files are
  return random.below(static_cast<std::uint32_t>(file_bytes_max) >> random.below(10));
}

}  // namespace

private_area::private_area(std::string directory, complaints& wrong)
    : directory_(std::move(directory)),
      wrong_(wrong),
      made_(file_bytes_max),
      read_(file_bytes_max + 1) {}

void private_area::play(actor& who, random_source& random) {
  switch (random.below(10)) {
    case 0: return write_and_read(who, random);
    case 1: return rename_over(who, random);
    case 2: return unlink_while_open(who, random);
    case 3: return two_names(who, random);
    case 4: return directories(who);
    case 5: return symlinks(who, random);
    case 6: return limits(who);
    default: return keep(who, random);
  }
}

void private_area::write_and_read(actor& who, random_source& random) {
  const std::string path = fresh();
  const std::size_t size = some_size(random);
  const std::uint64_t contents = random.next();
  if (!put_file(who, path, contents, size)) return;
  expect_file(who, path, contents, size);

  const std::size_t shorter = size / 2;
  if (expect(who, who.truncate(path, shorter).error(), 0, "truncate", path))
    expect_file(who, path, contents, shorter);

  // What append puts behind is what the file would have had there.
  const auto opened = who.open(path, O_WRONLY | O_APPEND);
  if (!expect(who, opened.error(), 0, "open to append", path)) return;
  const auto rest = make_contents(contents, size).subspan(shorter);
  const auto written = who.write(*opened, rest);
  expect(who, written.error(), 0, "append", path);
  expect(who, who.close(*opened).error(), 0, "close", path);
  expect_file(who, path, contents, size);

  expect(who, who.unlink(path).error(), 0, "unlink", path);
  expect(who, who.stat(path).error(), ENOENT, "stat after unlink", path);
}

void private_area::keep(actor& who, random_source& random) {
  const std::size_t i = random.below(kept_max);
  kept_file& file = kept_[i];
  if (file.known) expect_file(who, kept_path(i), file.contents, file.size);
  if (!file.known || random.once_in(4)) {
    file.contents = random.next();
    file.size = some_size(random);
    file.known = put_file(who, kept_path(i), file.contents, file.size);
  }
}

void private_area::check_kept(actor& who) {
  for (std::size_t i = 0; i < kept_max; ++i) {
    if (kept_[i].known) expect_file(who, kept_path(i), kept_[i].contents, kept_[i].size);
  }
}

void private_area::rename_over(actor& who, random_source& random) {
  const std::string from = fresh();
  const std::string to = fresh();
  const std::uint64_t contents = random.next();
  const std::size_t size = some_size(random);
  if (!put_file(who, from, contents, size)) return;
  if (random.once_in(2) && !put_file(who, to, contents + 1, size / 3)) return;
  const auto before = who.stat(from);
  if (!expect(who, who.rename(from, to).error(), 0, "rename", from)) return;
  expect(who, who.stat(from).error(), ENOENT, "stat of the old name", from);
  const auto after = who.stat(to);
  if (before && after && before->ino != after->ino) complain(who, "rename gave another file", to);
  expect_file(who, to, contents, size);
  expect(who, who.unlink(to).error(), 0, "unlink", to);
}

void private_area::unlink_while_open(actor& who, random_source& random) {
  const std::string path = fresh();
  const std::uint64_t contents = random.next();
  const std::size_t size = some_size(random);
  if (!put_file(who, path, contents, size)) return;
  const auto opened = who.open(path, O_RDONLY);
  if (!expect(who, opened.error(), 0, "open", path)) return;
  expect(who, who.unlink(path).error(), 0, "unlink while open", path);
  expect(who, who.stat(path).error(), ENOENT, "stat after unlink", path);
  const auto got = who.pread(*opened, std::span(read_).first(size), 0);
  if (!got || *got != size ||
      std::memcmp(read_.data(), make_contents(contents, size).data(), size) != 0) {
    complain(who, "an open file lost its contents with its name", path);
  }
  const auto attributes = who.fstat(*opened);
  if (attributes && attributes->links != 0)
    complain(who, "an unlinked file still counts a link", path);
  if (!random.once_in(8))
    expect(who, who.close(*opened).error(), 0, "close", path);  // else the process's end closes it
}

void private_area::two_names(actor& who, random_source& random) {
  const std::string one = fresh();
  const std::string two = fresh();
  const std::uint64_t contents = random.next();
  const std::size_t size = some_size(random);
  if (!put_file(who, one, contents, size)) return;
  if (!expect(who, who.link(one, two).error(), 0, "link", two)) return;
  expect(who, who.link(one, two).error(), EEXIST, "link over a name", two);
  const auto both = who.stat(two);
  if (both && both->links != 2) complain(who, "a file with two names counts other than two", two);
  expect(who, who.unlink(one).error(), 0, "unlink", one);
  expect_file(who, two, contents, size);
  const auto single = who.stat(two);
  if (single && single->links != 1)
    complain(who, "a file with one name counts other than one", two);
  expect(who, who.unlink(two).error(), 0, "unlink", two);
}

void private_area::directories(actor& who) {
  const std::string outer = fresh();
  const std::string inner = outer + "/inner";
  const std::string file = inner + "/file";
  if (!expect(who, who.mkdir(outer).error(), 0, "mkdir", outer)) return;
  expect(who, who.mkdir(outer).error(), EEXIST, "mkdir again", outer);
  expect(who, who.mkdir(inner).error(), 0, "mkdir", inner);
  expect(who, who.rmdir(outer).error(), ENOTEMPTY, "rmdir of a full directory", outer);
  expect(who, who.rename(outer, inner + "/x").error(), EINVAL, "rename into its own subtree",
         outer);
  expect(who, who.unlink(inner).error(), EISDIR, "unlink of a directory", inner);
  if (put_file(who, file, 7, 100)) {
    expect(who, who.rmdir(file).error(), ENOTDIR, "rmdir of a file", file);
    const auto names = who.readdir(inner);
    const bool right = names && names->size() == 1 && names->front().name == "file";
    if (!right) complain(who, "readdir told other names than there are", inner);
    // The subtree moves with its directory.
    const std::string moved = fresh();
    if (expect(who, who.rename(outer, moved).error(), 0, "rename of a directory", outer)) {
      expect_file(who, moved + "/inner/../inner/./file", 7, 100);
      expect(who, who.rename(moved, outer).error(), 0, "rename back", moved);
    }
    expect(who, who.unlink(file).error(), 0, "unlink", file);
  }
  expect(who, who.rmdir(inner).error(), 0, "rmdir", inner);
  expect(who, who.rmdir(outer).error(), 0, "rmdir", outer);
  expect(who, who.stat(outer).error(), ENOENT, "stat after rmdir", outer);
}

void private_area::symlinks(actor& who, random_source& random) {
  const std::string file = fresh();
  const std::string link = fresh();
  const std::string loop = fresh();
  const std::uint64_t contents = random.next();
  const std::size_t size = some_size(random);
  if (!put_file(who, file, contents, size)) return;
  const bool relative = random.once_in(2);
  const std::string target = relative ? file.substr(file.rfind('/') + 1) : file;
  if (expect(who, who.symlink(target, link).error(), 0, "symlink", link)) {
    const auto told = who.readlink(link);
    if (!told || *told != target) complain(who, "readlink told another target", link);
    expect_file(who, link, contents, size);
    expect(who, who.open(link, O_RDONLY | O_NOFOLLOW).error(), ELOOP, "open without following",
           link);
  }
  expect(who, who.unlink(file).error(), 0, "unlink", file);
  expect(who, who.stat(link).error(), ENOENT, "stat through a dangling symlink", link);
  expect(who, who.lstat(link).error(), 0, "lstat of a dangling symlink", link);
  expect(who, who.unlink(link).error(), 0, "unlink of a symlink", link);
  if (expect(who, who.symlink(loop, loop).error(), 0, "symlink", loop)) {
    expect(who, who.stat(loop).error(), ELOOP, "stat of a symlink to itself", loop);
    expect(who, who.unlink(loop).error(), 0, "unlink of a symlink", loop);
  }
}

void private_area::limits(actor& who) {
  const std::string too_long =
      directory_ + "/" + std::string(lastout::vfs::name_length_max + 1, 'n');
  expect(who, who.stat(too_long).error(), ENAMETOOLONG, "stat of a name too long", "256 n");
  std::string path = directory_;
  while (path.size() < lastout::vfs::path_length_max) path += "/.";
  expect(who, who.stat(path).error(), ENAMETOOLONG, "stat of a path too long", "/././.");
  expect(who, who.stat(directory_ + "/absent/absent").error(), ENOENT, "stat below an absent name",
         directory_);
  expect(who, who.close(1'000'000).error(), EBADF, "close of no descriptor", "1000000");
}

bool private_area::put_file(actor& who, const std::string& path, std::uint64_t contents,
                            std::size_t size) {
  const auto opened = who.open(path, O_CREAT | O_WRONLY | O_TRUNC);
  if (!expect(who, opened.error(), 0, "create", path)) return false;
  auto left = make_contents(contents, size);
  bool good = true;
  while (good && !left.empty()) {
    const auto written = who.write(*opened, left);
    good = expect(who, written.error(), 0, "write", path);
    if (good) left = left.subspan(*written);
  }
  return expect(who, who.close(*opened).error(), 0, "close", path) && good;
}

void private_area::expect_file(actor& who, const std::string& path, std::uint64_t contents,
                               std::size_t size) {
  const auto opened = who.open(path, O_RDONLY);
  if (!expect(who, opened.error(), 0, "open", path)) return;
  std::size_t length = 0;
  for (;;) {
    const auto got = who.read(*opened, std::span(read_).subspan(length));
    if (!expect(who, got.error(), 0, "read", path) || *got == 0) break;
    length += *got;
  }
  const auto wanted = make_contents(contents, size);
  const auto [mine, theirs] = std::mismatch(wanted.begin(), wanted.end(), read_.begin(),
                                            read_.begin() + static_cast<std::ptrdiff_t>(length));
  if (length != size) {
    complain(who, "a private file has another length",
             fmt::format("{}: {} bytes, not {}", path, length, size));
  } else if (mine != wanted.end()) {
    complain(who, "a private file has other contents",
             fmt::format("{} at byte {}", path, mine - wanted.begin()));
  }
  operation_tally::bump(who.tally().files_compared);
  expect(who, who.close(*opened).error(), 0, "close", path);
}

bool private_area::expect(actor& who, int error, int wanted, const char* doing,
                          const std::string& path) {
  if (error == wanted) return true;
  complain(who, "an operation had the wrong outcome",
           fmt::format("{} of {}: {} instead of {}", doing, path, because(error), because(wanted)));
  return false;
}

void private_area::complain(actor& who, const char* what, const std::string& detail) {
  if (!who.excused()) wrong_.add(what, detail);
}

std::string private_area::fresh() { return fmt::format("{}/n{}", directory_, ++names_); }
std::string private_area::kept_path(std::size_t i) const {
  return fmt::format("{}/kept-{}", directory_, i);
}

std::span<const std::byte> private_area::make_contents(std::uint64_t contents, std::size_t size) {
  random_source random(contents, 0);
  for (std::size_t at = 0; at < size; at += sizeof(std::uint64_t)) {
    const std::uint64_t bits = random.next();
    std::memcpy(made_.data() + at, &bits, std::min(sizeof bits, size - at));
  }
  return std::span<const std::byte>(made_).first(size);
}

}  // namespace cli
