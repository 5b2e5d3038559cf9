// calls_test.cpp - each allocation of each call of the filesystem fails in turn, in a process of its
// own. What docs/limits.md says holds: the call answers ENOMEM, nothing has happened, and the same
// call goes through once there is memory again; or the program ends, by std::bad_alloc. None goes on
// half done, none hangs.
//
// "Nothing has happened" is read off everything that a program can see: each name with its type,
// links, mode and content, the process's directory and files, and how many processes there are. It
// is what it was before the call; after one that succeeded, what it is when nothing is refused.

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <functional>
#include <string>
#include <vector>

#include <vfs/dentry.hpp>
#include <vfs/inode.hpp>
#include <vfs/mount.hpp>
#include <vfs/process.hpp>

#include "faults/failing_memory.hpp"
#include "ledger/children.hpp"
#include "vfs/fixture.hpp"

namespace lastout::vfs {
namespace {

using faults::armed;
using faults::how_long;

const std::string long_name = "a_name_that_is_longer_than_what_fits_into_a_short_string";
constexpr std::size_t long_size = 10'000;  // some pages

/// What the calls find: one of each, and nothing in the caches.
struct world {
  filesystem fs;
  external<process> self;
  external<process> child;
  pid_number ended = 0;  // a child too, and not waited for
  int fd = -1;           // "/dir/file"
  bool whole = false;

  world() {
    whole = fs.mkfs("disk") && fs.mount("disk", "/") && fs.mkfs("second") && fs.mkfs("third");
    if (!whole) return;
    self = *fs.spawn(fs.init());
    for (const char* each : {"/dir", "/dir/empty", "/at", "/mounted", "/in"})
      whole = whole && fs.mkdir(*self, each);
    whole = whole && put_file("/dir/file", long_name) && put_file("/dir/other", "other") &&
            put_file("/at/on disk", "") && put_file("/mounted/on disk", "") &&
            put_file("/long", std::string(long_size, 'x')) &&
            fs.symlink(*self, long_name, "/way") && fs.mount("third", "/mounted");
    const result<int> opened = fs.open(*self, "/dir/file", O_RDWR);
    whole = whole && opened;
    if (!whole) return;
    fd = *opened;
    child = *fs.spawn(*self);
    const external<process> other = *fs.spawn(*self);
    ended = other->pid();
    whole = fs.destroy(*other, 7);
    fs.sync();
    fs.shrink(0);
  }

  bool put_file(const char* path, std::string_view text) {
    const result<int> to = fs.create(*self, path);
    return to && (text.empty() || fs.write(*self, *to, bytes(text))) && fs.close(*self, *to);
  }

  /// All that can be seen.
  std::string seen() {
    std::string out = "/ links " + std::to_string(fs.stat(*self, "/")->links) + "\n";
    tell("", out);
    const result<std::string> here = fs.getcwd(*self);
    out += "in " + (here ? *here : "nowhere") + "\n";
    for (int each = 0; each < 8; ++each) {
      const result<std::uint64_t> position = fs.lseek(*self, each, 0, SEEK_CUR);
      if (position) out += "fd " + std::to_string(each) + " at " + std::to_string(*position) + "\n";
    }
    out += std::to_string(fs.processes().size()) + " processes\n";
    out += fs.find(child->pid()) ? "a child\n" : "no child\n";
    return out;
  }

 private:
  void tell(const std::string& directory, std::string& out) {
    auto all = *fs.readdir(*self, directory.empty() ? "/" : directory);
    std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
    for (const directory_entry& each : all) {
      const std::string path = directory + "/" + each.name;
      const attributes what = *fs.lstat(*self, path);
      out += path + " mode " + std::to_string(what.mode) + " links " + std::to_string(what.links);
      if (what.type == file_type::directory) {
        out += "\n";
        tell(path, out);
      } else {
        out += " size " + std::to_string(what.size) + ": " +
               (what.type == file_type::symlink ? *fs.readlink(*self, path) : content(path)) + "\n";
      }
    }
  }
  std::string content(const std::string& path) {
    const int from = *fs.open(*self, path, O_RDONLY);
    std::string out(2 * long_size, '\0');
    const auto into = std::as_writable_bytes(std::span(out));
    out.resize(*fs.pread(*self, from, into, 0));
    (void)fs.close(*self, from);
    return out;
  }
};

struct call {
  const char* name;
  std::function<int(world&)> does;  // 0, or what it answered
};

template <class T>
int answer(const result<T>& of) {
  return of.error();
}
/// Less than that is an answer too, and none that is expected of so little.
int answer(const result<std::size_t>& of, std::size_t wanted) {
  return of && *of != wanted ? EIO : of.error();
}

#define CALL(of) [](world& w) { return answer(w.fs.of); }

const call calls[] = {
    {"mkfs", CALL(mkfs("another disk, with a name of some length"))},
    {"mount", CALL(mount("second", "/at"))},
    {"unmount", CALL(unmount("/mounted"))},
    {"unmount by force", CALL(unmount("/mounted", unmount_how::force))},
    {"users", [](world& w) { return w.fs.users("/").empty() ? ENOENT : 0; }},
    {"spawn", CALL(spawn(*w.self))},
    {"find", [](world& w) { return w.fs.find(w.child->pid()) ? 0 : ENOENT; }},
    {"destroy",
     [](world& w) {
       w.fs.destroy(*w.child);
       return 0;
     }},
    {"wait", CALL(wait(*w.self, w.ended))},
    {"make_runnable",
     [](world& w) {
       w.fs.make_runnable(*w.self);
       return 0;
     }},
    {"next_runnable", [](world& w) { return w.fs.next_runnable() ? 0 : ENOENT; }},
    {"processes", [](world& w) { return w.fs.processes().empty() ? ENOENT : 0; }},
    {"stat", CALL(stat(*w.self, "/dir/file"))},
    {"lstat", CALL(lstat(*w.self, "/way"))},
    {"mkdir", CALL(mkdir(*w.self, "/" + long_name))},
    {"rmdir", CALL(rmdir(*w.self, "/dir/empty"))},
    {"unlink", CALL(unlink(*w.self, "/dir/other"))},
    {"unlink of what is open", CALL(unlink(*w.self, "/dir/file"))},
    {"rename", CALL(rename(*w.self, "/dir/file", "/" + long_name))},
    {"rename over another", CALL(rename(*w.self, "/dir/file", "/dir/other"))},
    {"rename of a directory", CALL(rename(*w.self, "/dir", "/in/" + long_name))},
    {"link", CALL(link(*w.self, "/dir/file", "/" + long_name))},
    {"symlink", CALL(symlink(*w.self, long_name, "/" + long_name))},
    {"readlink", CALL(readlink(*w.self, "/way"))},
    {"readdir", CALL(readdir(*w.self, "/dir"))},
    {"chdir", CALL(chdir(*w.self, "/dir"))},
    {"getcwd", CALL(getcwd(*w.self))},
    {"open", CALL(open(*w.self, "/dir/file", O_RDONLY))},
    {"open of what is new", CALL(open(*w.self, "/" + long_name, O_CREAT | O_EXCL | O_RDWR))},
    {"open for nothing but its end", CALL(open(*w.self, "/long", O_TRUNC | O_WRONLY))},
    {"create", CALL(create(*w.self, "/" + long_name))},
    {"close", CALL(close(*w.self, w.fd))},
    {"dup", CALL(dup(*w.self, w.fd))},
    {"read",
     [](world& w) {
       std::byte into[20];
       return answer(w.fs.read(*w.self, w.fd, into), sizeof into);
     }},
    {"pread",
     [](world& w) {
       std::byte into[20];
       return answer(w.fs.pread(*w.self, w.fd, into, 20), sizeof into);
     }},
    {"write", [](world& w) { return answer(w.fs.write(*w.self, w.fd, bytes("so much")), 7); }},
    {"pwrite",
     [](world& w) { return answer(w.fs.pwrite(*w.self, w.fd, bytes("so much"), 9'000), 7); }},
    {"lseek", CALL(lseek(*w.self, w.fd, 0, SEEK_END))},
    {"fstat", CALL(fstat(*w.self, w.fd))},
    {"truncate", CALL(truncate(*w.self, "/long", 100))},
    {"truncate to more", CALL(truncate(*w.self, "/dir/file", long_size))},
    {"ftruncate", CALL(ftruncate(*w.self, w.fd, 10))},
    {"usage", [](world& w) { return w.fs.usage().cached_peak == 0 ? ENOENT : 0; }},
    {"statistics", [](world& w) { return w.fs.statistics().empty() ? ENOENT : 0; }},
    {"sync",
     [](world& w) {
       w.fs.sync();
       return 0;
     }},
    {"shrink",
     [](world& w) {
       w.fs.shrink(0);
       return 0;
     }},
};

// What became of one.
enum : int {
  ran_through,
  answered,
  threw,
  is_not_in_order,
  answered_something_else,
  has_happened_in_part,
  does_not_go_through_again
};

/// What is seen before the call and after it, when nothing is refused.
struct expected {
  std::string before;
  std::string after;
};
expected of(const call& what) {
  expected out;
  {
    world w;
    EXPECT_TRUE(w.whole);
    out.before = w.seen();
  }
  world w;
  EXPECT_EQ(what.does(w), 0) << what.name;
  out.after = w.seen();
  return out;
}

/// Says on stderr what is not as expected.
bool is_seen(world& w, const std::string& wanted) {
  const std::string found = w.seen();
  if (found == wanted) return true;
  std::fprintf(stderr, "expected:\n%sfound:\n%s", wanted.c_str(), found.c_str());
  return false;
}

/// All free slots of a type: while it exists, the next T needs a chunk, which can be refused.
template <class T>
class slots_used_up {
 public:
  slots_used_up() {
    while (void* const one = next()) taken_.push_back(one);
  }
  slots_used_up(const slots_used_up&) = delete;
  slots_used_up& operator=(const slots_used_up&) = delete;
  ~slots_used_up() {
    for (void* const each : taken_) T::memory_type::give(each);
  }

 private:
  static void* next() {
    const armed here(1, how_long::for_good);
    return T::memory_type::take();
  }
  std::vector<void*> taken_;
};

int after_failure(const call& what, world& w, const expected& is, std::size_t nth,
                  how_long length) {
  int answer = 0;
  bool thrown = false;
  std::size_t refused = 0;
  {
    const armed here(nth, length);
    try {
      answer = what.does(w);
    } catch (const std::bad_alloc&) {
      thrown = true;
    }
    refused = here.refused();
  }
  if (thrown) _exit(threw);  // out of the program: nobody is to go on with this filesystem
  if (answer != 0) {
    if (answer != ENOMEM || refused == 0) return answered_something_else;
    if (!is_seen(w, is.before)) return has_happened_in_part;
    if (what.does(w) != 0) return does_not_go_through_again;
  }
  if (!is_seen(w, is.after)) return has_happened_in_part;
  // The next ones go through, and in the end nothing is left.
  bool in_order = w.fs.mkdir(*w.self, "/after") && w.fs.stat(*w.self, "/after");
  w.fs.destroy(*w.child);
  w.child.put();
  w.fs.destroy(*w.self);
  w.self.put();
  in_order = w.fs.shutdown(std::chrono::seconds(2)).empty() && in_order;
  in_order = w.fs.audit().empty() && in_order;
  if (!in_order) return is_not_in_order;
  return refused == 0 ? ran_through : answered;
}

std::string said(int code) { return "said " + std::to_string(code); }

TEST(vfs_faults, each_call_answers_enomem_and_has_not_happened_or_ends_the_program) {
  std::size_t answers = 0;
  std::size_t ends = 0;
  for (const call& what : calls) {
    const expected is = of(what);
    world w;
    const slots_used_up<dentry> no_dentry;
    const slots_used_up<inode> no_inode;
    const slots_used_up<mount> no_mount;
    const slots_used_up<process> no_process;
    for (const how_long length : {how_long::once, how_long::for_good}) {
      std::string became;
      for (std::size_t nth = 1; became != "ok" && nth < 300; ++nth) {
        became = in_a_child(
            [&] {
              std::set_terminate([] { _exit(threw); });
              return after_failure(what, w, is, nth, length);
            },
            20);
        if (became == said(answered)) {
          ++answers;
        } else if (became == said(threw)) {
          ++ends;
        } else {
          EXPECT_EQ(became, "ok") << what.name << ", allocation " << nth
                                  << (length == how_long::once ? "" : " and all after it");
        }
      }
      EXPECT_EQ(became, "ok") << what.name << " never runs through";
    }
  }
  EXPECT_GT(answers, 10u) << "what a cache has no memory for is answered";
  EXPECT_GT(ends, 10u) << "what a container has no memory for is not: docs/limits.md";
}

}  // namespace
}  // namespace lastout::vfs
