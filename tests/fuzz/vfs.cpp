// vfs.cpp - the memory filesystem against model_filesystem: several processes, the same answers.
//
// Input: the first bytes choose the budget of the caches, so that most of what is cached is evicted
// all the time, or nothing; then operations. Paths come from a small name space, now and then from
// the input's bytes as they are, or very long; a half of them, and of the descriptors, are what was
// used lately, so that operations meet at one file. At the end the whole tree is compared, everything
// is unmounted, and the filesystem's own audit must be clean.

#include <fcntl.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <vfs/census.hpp>
#include <vfs/filesystem.hpp>

#include "expect.hpp"
#include "input.hpp"
#include "model_filesystem.hpp"

namespace {

using namespace lastout;
using namespace lastout::vfs;
using fuzz::check;
using fuzz::note;
using fuzz::same;

constexpr std::uint64_t far = 1 << 20;  // beyond this the model writes nothing
constexpr unsigned lately_count = 4;

options chosen(fuzz::input& in) {
  static constexpr std::size_t budgets[] = {0, 1 << 14, 1 << 17, 1 << 26};
  return {.budget_bytes = budgets[in.below(4)], .quarantine_bytes = std::size_t{1} << 16};
}

class world {
 public:
  explicit world(fuzz::input in) : in_(in), fs_(chosen(in_)) {
    check(static_cast<bool>(fs_.mkfs("disk")), "a device");
    check(static_cast<bool>(fs_.mount("disk", "/")), "and its mount");
    actors_.push_back({*fs_.spawn(fs_.init()), {model_.root(), {}}});
  }

  void run() {
    for (int n = 0; in_.more() && n < 400; ++n) step();
    compare(*model_.root(), "");
    while (!actors_.empty()) end(actors_.size() - 1);
    for (const std::string& late : fs_.shutdown(std::chrono::seconds(5))) {
      note(late);
      fuzz::fail("nobody is late at the end", std::source_location::current());
    }
    for (const std::string& wrong : fs_.audit()) {
      std::cerr << wrong << '\n';
      fuzz::fail("the audit is clean", std::source_location::current());
    }
    // What one input leaves to the next makes libFuzzer look for leaks, at ten times the cost.
    census::keep_freed(0);
  }

 private:
  struct acting {
    external<process> is;
    fuzz::actor model;
  };

  std::string path() {
    if (in_.flip()) return lately_[in_.below(lately_count)];
    std::string out = another_path();
    lately_[paths_++ % lately_count] = out;
    return out;
  }
  std::string another_path() {
    static constexpr const char* parts[] = {
        "a", "b", "c", "d", "l", "m", ".", "..", "a-name-of-more-than-thirty-two-bytes-in-all"};
    const unsigned how = in_.byte();
    if (how % 32 == 31) return std::string(in_.text(in_.below(24)));
    if (how % 64 == 62) return std::string(in_.number() % 300, 'x');
    if (how % 64 == 30)
      return std::string(in_.number() % 2100, '/') + std::string(in_.number() % 2100, '.');
    std::string out = how % 4 == 0 ? "/" : "";
    const unsigned depth = how / 4 % 4 + 1;
    for (unsigned i = 0; i < depth; ++i) {
      if (i != 0) out += '/';
      out += parts[in_.below(9)];
    }
    if (how % 16 == 9) out += how % 32 == 9 ? "/" : "//";
    return out;
  }
  int fd(const fuzz::actor& of) {
    if (in_.flip()) return fd_;
    fd_ = static_cast<int>(
              in_.below(static_cast<unsigned>(std::min<std::size_t>(of.files.size() + 1, 200)))) -
          (in_.once_in(16) ? 1 : 0);
    return fd_;
  }
  /// Where that file ends, or one of its pages; else anywhere.
  std::uint64_t offset(const fuzz::node* of) {
    if (of != nullptr && in_.flip()) {
      const std::uint64_t some[] = {of->size, of->size - of->size % page_bytes,
                                    of->size / 2 - of->size / 2 % page_bytes,
                                    of->size + page_bytes};
      return some[in_.below(4)] + in_.below(3) - 1;
    }
    return offset();
  }
  std::uint64_t offset(const fuzz::open_file* of) {
    return of == nullptr ? offset() : offset(of->of.get());
  }
  std::uint64_t offset() {
    static constexpr std::uint64_t some[] = {0,    1,     511,   1023,  1024,          4095,
                                             4096, 12288, 70000, 99999, file_size_max, ~0ull};
    return some[in_.below(12)] + in_.below(3);
  }
  std::string text() {
    static constexpr std::size_t some[] = {0, 1, 2, 100, 1024, 4096, 5000, 70000};
    return std::string(some[in_.below(8)], static_cast<char>('a' + in_.below(26)));
  }

  void end(std::size_t n) {
    check(fs_.destroy(*actors_[n].is), "a process ends once");
    check(!fs_.destroy(*actors_[n].is), "and only once");
    actors_.erase(actors_.begin() + static_cast<std::ptrdiff_t>(n));
  }

  void step() {
    const std::size_t who = in_.below(static_cast<unsigned>(actors_.size()));
    process& self = *actors_[who].is;
    fuzz::actor& by = actors_[who].model;
    switch (in_.below(26)) {
      case 0: {
        const std::string p = path();
        note("mkdir", p);
        return same(fs_.mkdir(self, p, 0700).error(), model_.mkdir(by, p, 0700), "mkdir");
      }
      case 1: {
        const std::string p = path();
        note("rmdir", p);
        return same(fs_.rmdir(self, p).error(), model_.rmdir(by, p), "rmdir");
      }
      case 2: {
        const std::string p = path();
        note("unlink", p);
        return same(fs_.unlink(self, p).error(), model_.unlink(by, p), "unlink");
      }
      case 3:
      case 4: {
        const std::string p = path();
        const std::string q = path();
        note("rename", p, q);
        return same(fs_.rename(self, p, q).error(), model_.rename(by, p, q), "rename");
      }
      case 5: {
        const std::string p = path();
        const std::string q = path();
        note("link", p, q);
        return same(fs_.link(self, p, q).error(), model_.link(by, p, q), "link");
      }
      case 6: {
        const std::string target = path();
        const std::string p = path();
        note("symlink", target, p);
        return same(fs_.symlink(self, target, p).error(), model_.symlink(by, target, p), "symlink");
      }
      case 7: {
        const std::string p = path();
        note("chdir", p);
        return same(fs_.chdir(self, p).error(), model_.chdir(by, p), "chdir");
      }
      case 8: {
        note("getcwd");
        std::string wanted;
        const int wrong = model_.getcwd(by, wanted);
        const result<std::string> is = fs_.getcwd(self);
        same(is.error(), wrong, "getcwd");
        if (wrong == 0) same(*is, wanted, "the path of the directory");
        return;
      }
      case 9:
      case 10:
      case 11: return open(self, by);
      case 12: {
        const int n = fd(by);
        note("close", n);
        same(fs_.close(self, n).error(), by.descriptor(n) == nullptr ? EBADF : 0, "close");
        if (by.descriptor(n) != nullptr) by.files[static_cast<std::size_t>(n)] = nullptr;
        return;
      }
      case 13: {
        const int n = fd(by);
        note("dup", n);
        const result<int> is = fs_.dup(self, n);
        same(is.error(), by.descriptor(n) == nullptr ? EBADF : 0, "dup");
        if (is) same(*is, by.install(by.files[static_cast<std::size_t>(n)]), "the lowest one");
        return;
      }
      case 14:
      case 15: return write(self, by);
      case 16:
      case 17: return read(self, by);
      case 18: return seek(self, by);
      case 19: {
        const int n = fd(by);
        fuzz::open_file* const of = by.descriptor(n);
        const std::uint64_t to = offset(of);
        note("ftruncate", n, to);
        const int wanted = of == nullptr        ? EBADF
                           : !of->writable()    ? EINVAL
                           : to > file_size_max ? EFBIG
                                                : 0;
        same(fs_.ftruncate(self, n, to).error(), wanted, "ftruncate");
        if (wanted == 0) of->of->truncate(to);
        return;
      }
      case 20: {
        const std::string p = path();
        std::shared_ptr<fuzz::node> of;
        (void)model_.find(by, p, true, of);
        const std::uint64_t to = offset(of.get());
        note("truncate", p, to);
        return same(fs_.truncate(self, p, to).error(), model_.truncate(by, p, to), "truncate");
      }
      case 21: return stat(self, by);
      case 22: {
        if (actors_.size() > 4) return end(who);
        note("spawn");
        const result<external<process>> child = fs_.spawn(self);
        check(static_cast<bool>(child), "spawn");
        fuzz::actor its = by;
        actors_.push_back({*child, std::move(its)});
        return;
      }
      case 23: {
        if (actors_.size() < 2) return;
        note("destroy");
        return end(who);
      }
      case 24: {
        note("shrink");
        (void)fs_.shrink(in_.below(2) * std::size_t{1000});
        if (in_.flip()) fs_.sync();
        return;
      }
      default: {
        const std::string p = path();
        note("readdir", p);
        std::shared_ptr<fuzz::node> of;
        int wanted = model_.find(by, p, true, of);
        if (wanted == 0 && !of->directory()) wanted = ENOTDIR;
        const auto listed = fs_.readdir(self, p);
        same(listed.error(), wanted, "readdir");
        if (wanted == 0) compare_names(*listed, *of);
        return;
      }
    }
  }

  void open(process& self, fuzz::actor& by) {
    static constexpr int accesses[] = {O_RDONLY, O_WRONLY, O_RDWR};
    static constexpr int more[] = {O_CREAT, O_EXCL, O_TRUNC, O_APPEND, O_DIRECTORY, O_NOFOLLOW};
    const std::string p = path();
    int flags = accesses[in_.below(3)];
    const unsigned bits = in_.byte();
    for (unsigned i = 0; i < 6; ++i)
      if ((bits >> i & 1) != 0 && (i < 4 || bits >> 6 == 3)) flags |= more[i];
    if (by.files.size() > 60) return;
    note("open", p, flags);
    int fd = -1;
    const int wanted = model_.open(by, p, flags, 0640, fd);
    const result<int> is = fs_.open(self, p, flags, 0640);
    same(is.error(), wanted, "open");
    if (is) same(*is, fd, "the lowest descriptor");
    if (is) fd_ = fd;
  }

  void write(process& self, fuzz::actor& by) {
    const int n = fd(by);
    const std::string bytes = text();
    const bool at = in_.flip();
    fuzz::open_file* const of = by.descriptor(n);
    const std::uint64_t asked = at ? offset(of) : 0;
    std::uint64_t where = asked;
    if (of != nullptr && of->writable()) {
      if (!at) where = of->position;
      if ((of->flags & O_APPEND) != 0) where = of->of->size;
      if (where > far && where < file_size_max) return;
    }
    note(at ? "pwrite" : "write", n, bytes.size(), "at", where);
    const auto span = std::as_bytes(std::span(bytes));
    const result<std::size_t> is = at ? fs_.pwrite(self, n, span, asked) : fs_.write(self, n, span);
    if (of == nullptr || !of->writable()) return same(is.error(), EBADF, "write");
    if (!bytes.empty() && where >= file_size_max) return same(is.error(), EFBIG, "write");
    same(is.error(), 0, "write");
    same(*is, bytes.size(), "all is written");
    if (!bytes.empty()) of->of->write(where, bytes);
    if (!at && !bytes.empty()) of->position = where + bytes.size();
  }

  void read(process& self, fuzz::actor& by) {
    const int n = fd(by);
    static constexpr std::size_t some[] = {0, 1, 7, 1024, 4097, 30000};
    std::string into(some[in_.below(6)], '?');
    const bool at = in_.flip();
    fuzz::open_file* const of = by.descriptor(n);
    const std::uint64_t where = at ? offset(of) : of != nullptr ? of->position : 0;
    note(at ? "pread" : "read", n, into.size(), "at", where);
    const auto span = std::as_writable_bytes(std::span(into));
    const result<std::size_t> is = at ? fs_.pread(self, n, span, where) : fs_.read(self, n, span);
    if (of == nullptr || !of->readable()) return same(is.error(), EBADF, "read");
    if (of->of->directory()) return same(is.error(), EISDIR, "read");
    same(is.error(), 0, "read");
    const std::string wanted = of->of->read(where, into.size());
    same(*is, wanted.size(), "how much is read");
    check(into.substr(0, *is) == wanted, "what was written is read");
    if (!at) of->position += *is;
  }

  void seek(process& self, fuzz::actor& by) {
    const int n = fd(by);
    const int whence = static_cast<int>(in_.below(4));
    std::int64_t by_much = static_cast<std::int64_t>(offset());
    if (in_.flip()) by_much = -by_much;
    note("lseek", n, by_much, whence);
    fuzz::open_file* const of = by.descriptor(n);
    const result<std::uint64_t> is = fs_.lseek(self, n, by_much, whence);
    if (of == nullptr) return same(is.error(), EBADF, "lseek");
    std::int64_t to = 0;
    int wanted = 0;
    if (whence > 2) {
      wanted = EINVAL;
    } else {
      // The end of a directory is where its entries end: nobody says where. Left out.
      if (whence == 2 && of->of->directory()) {
        if (is) of->position = *is;
        return;
      }
      const std::uint64_t base = whence == 0 ? 0 : whence == 1 ? of->position : of->of->size;
      if (__builtin_add_overflow(static_cast<std::int64_t>(base), by_much, &to)) {
        wanted = EOVERFLOW;
      } else if (to < 0) {
        wanted = EINVAL;
      }
    }
    same(is.error(), wanted, "lseek");
    if (wanted != 0) return;
    same(*is, static_cast<std::uint64_t>(to), "the new position");
    of->position = *is;
  }

  void compare_attributes(const attributes& is, const fuzz::node& of) {
    same(is.type, of.type, "type");
    same(is.links, of.links, "links");
    same(is.mode, of.mode, "mode");
    if (!of.directory()) same(is.size, of.length(), "size");
  }
  void stat(process& self, fuzz::actor& by) {
    if (in_.flip()) {
      const int n = fd(by);
      note("fstat", n);
      const result<attributes> is = fs_.fstat(self, n);
      const fuzz::open_file* const of = by.descriptor(n);
      same(is.error(), of == nullptr ? EBADF : 0, "fstat");
      if (is) compare_attributes(*is, *of->of);
      return;
    }
    const std::string p = path();
    const bool follow = in_.flip();
    note(follow ? "stat" : "lstat", p);
    std::shared_ptr<fuzz::node> of;
    const int wanted = model_.find(by, p, follow, of);
    const result<attributes> is = follow ? fs_.stat(self, p) : fs_.lstat(self, p);
    same(is.error(), wanted, "stat");
    if (is) compare_attributes(*is, *of);
    const result<std::string> target = fs_.readlink(self, p);
    const int there = model_.find(by, p, false, of);
    same(target.error(),
         there != 0                       ? there
         : of->type != file_type::symlink ? EINVAL
                                          : 0,
         "readlink");
    if (target) same(*target, of->target, "what a link says");
  }

  void compare_names(const std::vector<directory_entry>& listed, const fuzz::node& of) {
    same(listed.size(), of.entries.size(), "how many names a directory has");
    for (const directory_entry& each : listed)
      check(of.entries.contains(each.name), "a name that the directory has");
  }
  void compare(const fuzz::node& of, const std::string& at) {
    process& by = *actors_.front().is;
    const auto listed = fs_.readdir(by, at.empty() ? "/" : at);
    if (at.size() > 3000) return;
    same(listed.error(), 0, "readdir");
    compare_names(*listed, of);
    for (const auto& [name, child] : of.entries) {
      const std::string path = at + "/" + name;
      const result<attributes> is = fs_.lstat(by, path);
      same(is.error(), 0, "lstat");
      compare_attributes(*is, *child);
      const auto [seen, first] = inos_.try_emplace(child.get(), is->ino);
      same(is->ino, seen->second, "one inode has one number");
      if (child->directory()) compare(*child, path);
      if (child->type == file_type::regular && child->size < far) {
        const result<int> fd = fs_.open(by, path, O_RDONLY);
        check(static_cast<bool>(fd), "open");
        std::string bytes(static_cast<std::size_t>(child->size) + 1, '?');
        const auto got = fs_.pread(by, *fd, std::as_writable_bytes(std::span(bytes)), 0);
        check(got && *got == child->size, "all of it is read");
        check(bytes.substr(0, *got) == child->read(0, *got), "and is what was written");
        check(static_cast<bool>(fs_.close(by, *fd)), "close");
      }
    }
  }

  fuzz::input in_;
  filesystem fs_;
  fuzz::model_filesystem model_;
  std::vector<acting> actors_;
  std::map<const fuzz::node*, ino_number> inos_;
  std::array<std::string, lately_count> lately_{"a", "a/b", "b", "l"};  // paths
  std::size_t paths_ = 0;
  int fd_ = 0;  // the last one that was used
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 4096) return 0;
  world(fuzz::input(data, size)).run();
  return 0;
}
