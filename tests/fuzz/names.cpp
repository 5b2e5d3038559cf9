// names.cpp - entry_name against a string, and a filesystem asked for paths that are any bytes.
//
// Input: lines. Each is a name: it is set, compared, changed into the next one. And each is a path in
// a small tree: every operation answers as the model does, and the audit is clean.

#include <cstddef>
#include <cstdint>
#include <chrono>
#include <string>
#include <string_view>
#include <utility>

#include <vfs/dentry.hpp>
#include <vfs/entry_name.hpp>
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

void compare(const entry_name& is, std::string_view wanted) {
  same(is.text(), wanted, "a name's text");
  check(is.is(nullptr, wanted), "a name is itself");
  same(is.hash(), entry_name::hash_of(nullptr, wanted), "its hash is its text's");
  check(is.is(is), "and itself as a name");
  std::string other(wanted);
  other += 'x';
  check(!is.is(nullptr, other), "a longer one is another one");
  other.pop_back();
  other.pop_back();
  check(!is.is(nullptr, other), "a shorter one is another one");
  for (const std::size_t at : {std::size_t{0}, wanted.size() / 2, wanted.size() - 1}) {
    other = wanted;
    other[at] = static_cast<char>(other[at] ^ 1);
    check(!is.is(nullptr, other), "one bit makes another name");
  }
  same(is.bytes_besides(), wanted.size() > 32 ? wanted.size() : 0, "what it occupies elsewhere");
}

void change_names(fuzz::input in) {
  std::string before = "first";
  entry_name name({}, before);
  while (in.more()) {
    std::string text(in.line());
    if (text.empty() || text.size() > name_length_max) continue;
    note("change to", text.size(), "bytes");
    compare(name, before);
    const entry_name other({}, text);
    same(name.is(other), text == before, "two names are one when their text is");
    // The text is borrowed until the name has been taken on.
    entry_name::change next = entry_name::prepare({}, text);
    name.take_on(next);
    before = std::move(text);
    compare(name, before);
  }
}

class tree {
 public:
  tree() {
    check(static_cast<bool>(fs_.mkfs("disk")), "a device");
    check(static_cast<bool>(fs_.mount("disk", "/")), "and its mount");
    self_ = *fs_.spawn(fs_.init());
    by_.directory = model_.root();
    for (const char* each : {"/a", "/a/b", "/d"}) both_mkdir(each);
    for (const auto& [target, path] : {std::pair{"a/b", "/l"},
                                       {"/", "/a/top"},
                                       {"loop", "/loop"},
                                       {"../d/", "/a/up"},
                                       {"new", "/d/dangling"}})
      same(fs_.symlink(*self_, target, path).error(), model_.symlink(by_, target, path), "symlink");
    same(fs_.chdir(*self_, "/a").error(), model_.chdir(by_, "/a"), "chdir");
  }

  void ask(std::string_view path) {
    note("path of", path.size(), "bytes");
    for (const bool follow : {false, true}) {
      std::shared_ptr<fuzz::node> of;
      const int wanted = model_.find(by_, path, follow, of);
      const result<attributes> is = follow ? fs_.stat(*self_, path) : fs_.lstat(*self_, path);
      same(is.error(), wanted, "stat");
      if (is) same(is->type, of->type, "type");
    }
    same(fs_.rmdir(*self_, path).error(), model_.rmdir(by_, path), "rmdir");
    both_mkdir(path);
    int fd = -1;
    const int wanted = model_.open(by_, path, O_CREAT | O_RDWR, 0600, fd);
    const result<int> is = fs_.open(*self_, path, O_CREAT | O_RDWR, 0600);
    same(is.error(), wanted, "open");
    if (is) {
      same(*is, fd, "the lowest descriptor");
      check(static_cast<bool>(fs_.close(*self_, fd)), "close");
      by_.files[static_cast<std::size_t>(fd)] = nullptr;
    }
    const std::string longer = std::string(path) + "/x";
    same(fs_.symlink(*self_, path, longer).error(), model_.symlink(by_, path, longer), "symlink");
    same(fs_.rename(*self_, path, "/moved").error(), model_.rename(by_, path, "/moved"), "rename");
    same(fs_.rename(*self_, "/moved", path).error(), model_.rename(by_, "/moved", path), "back");
  }

  void end() {
    fs_.destroy(*self_);
    self_.put();
    check(fs_.shutdown(std::chrono::seconds(5)).empty(), "nobody is late at the end");
    for (const std::string& wrong : fs_.audit()) {
      std::cerr << wrong << '\n';
      fuzz::fail("the audit is clean", std::source_location::current());
    }
    census::keep_freed(0);  // as in vfs.cpp
  }

 private:
  void both_mkdir(std::string_view path) {
    same(fs_.mkdir(*self_, path).error(), model_.mkdir(by_, path, 0755), "mkdir");
  }

  filesystem fs_;
  external<process> self_;
  fuzz::model_filesystem model_;
  fuzz::actor by_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 4096) return 0;
  fuzz::input in(data, size);
  change_names(in);
  tree all;
  for (int n = 0; in.more() && n < 12; ++n) {
    // Grown beyond what a path may be, when the line asks for it.
    std::string path(in.line());
    if (path.size() > 2 && path[0] == '*') {
      const std::string once = path.substr(2);
      path.clear();
      while (path.size() < static_cast<unsigned char>(once[0]) * std::size_t{20}) path += once;
    }
    all.ask(path);
  }
  all.end();
  return 0;
}
