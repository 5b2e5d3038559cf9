// calls_test.cpp - each allocation of each call of the filesystem fails in turn, in a process of its
// own. What docs/limits.md says holds: the call answers ENOMEM and nothing has happened; or the
// program ends, by std::bad_alloc. None goes on half done, none hangs.

#include <csignal>
#include <functional>
#include <string>

#include "faults/failing_memory.hpp"
#include "ledger/children.hpp"
#include "vfs/fixture.hpp"

namespace lastout::vfs {
namespace {

using faults::armed;
using faults::how_long;

struct call {
  const char* name;
  std::function<bool(filesystem& fs, process& self)> does;  // false: it answered with an error
};

const std::string long_name = "a_name_that_is_longer_than_what_fits_into_a_short_string";

const call calls[] = {
    {"mkdir", [](filesystem& fs, process& p) { return bool(fs.mkdir(p, "/" + long_name)); }},
    {"create", [](filesystem& fs, process& p) { return bool(fs.create(p, "/" + long_name)); }},
    {"open", [](filesystem& fs, process& p) { return bool(fs.open(p, "/dir/file", O_RDONLY)); }},
    {"write",
     [](filesystem& fs, process& p) {
       const result<int> fd = fs.open(p, "/dir/file", O_WRONLY);
       return fd && fs.pwrite(p, *fd, bytes(long_name), 100'000);
     }},
    {"read",
     [](filesystem& fs, process& p) {
       const result<int> fd = fs.open(p, "/dir/file", O_RDONLY);
       std::byte into[100];
       return fd && fs.read(p, *fd, into);
     }},
    {"rename",
     [](filesystem& fs, process& p) { return bool(fs.rename(p, "/dir/file", "/" + long_name)); }},
    {"link",
     [](filesystem& fs, process& p) { return bool(fs.link(p, "/dir/file", "/" + long_name)); }},
    {"symlink",
     [](filesystem& fs, process& p) { return bool(fs.symlink(p, long_name, "/" + long_name)); }},
    {"unlink", [](filesystem& fs, process& p) { return bool(fs.unlink(p, "/dir/file")); }},
    {"readdir", [](filesystem& fs, process& p) { return bool(fs.readdir(p, "/dir")); }},
    {"truncate",
     [](filesystem& fs, process& p) { return bool(fs.truncate(p, "/dir/file", 10'000)); }},
    {"stat", [](filesystem& fs, process& p) { return bool(fs.stat(p, "/dir/file")); }},
    {"chdir", [](filesystem& fs, process& p) { return fs.chdir(p, "/dir") && fs.getcwd(p); }},
    {"dup",
     [](filesystem& fs, process& p) {
       const result<int> fd = fs.open(p, "/dir/file", O_RDONLY);
       return fd && fs.dup(p, *fd);
     }},
    {"spawn",
     [](filesystem& fs, process& p) {
       const result<external<process>> child = fs.spawn(p);
       if (!child) return false;
       fs.destroy(**child);
       return true;
     }},
    {"mount",
     [](filesystem& fs, process&) {
       return fs.mkfs("another disk, with a name of some length") &&
              fs.mount("another disk, with a name of some length", "/dir") && fs.unmount("/dir");
     }},
    {"shrink and sync",
     [](filesystem& fs, process&) {
       fs.sync();
       fs.shrink(0);
       return true;
     }},
};

// What became of one.
enum : int { ran_through, answered, threw, is_not_in_order };

int after_failure(const call& what, std::size_t nth, how_long length) {
  filesystem fs;
  if (!fs.mkfs("disk") || !fs.mount("disk", "/")) return 100;
  external<process> self = *fs.spawn(fs.init());
  if (!fs.mkdir(*self, "/dir")) return 101;
  {
    const result<int> fd = fs.create(*self, "/dir/file");
    if (!fd || !fs.write(*self, *fd, bytes(long_name)) || !fs.close(*self, *fd)) return 102;
  }
  bool done = false;
  bool thrown = false;
  std::size_t refused = 0;
  {
    const armed here(nth, length);
    try {
      done = what.does(fs, *self);
    } catch (const std::bad_alloc&) {
      thrown = true;
    }
    refused = here.refused();
  }
  if (!done && refused == 0) return 103;
  if (thrown) _exit(threw);  // out of the program: nobody is to go on with this filesystem
  // What has answered has done nothing: the next ones go through, and in the end nothing is left.
  bool in_order = fs.mkdir(*self, "/after") && fs.stat(*self, "/after");
  fs.destroy(*self);
  self.put();
  in_order = fs.shutdown(std::chrono::seconds(2)).empty() && in_order;
  in_order = fs.audit().empty() && in_order;
  if (!in_order) return is_not_in_order;
  return refused == 0 ? ran_through : answered;
}

TEST(vfs_faults, each_call_answers_and_is_in_order_or_ends_the_program) {
  std::size_t answers = 0;
  std::size_t ends = 0;
  for (const call& what : calls) {
    for (const how_long length : {how_long::once, how_long::for_good}) {
      std::string said;
      for (std::size_t nth = 1; said != "ok" && nth < 300; ++nth) {
        said = in_a_child(
            [&] {
              std::set_terminate([] { _exit(threw); });
              return after_failure(what, nth, length);
            },
            20);
        if (said == "said " + std::to_string(answered)) {
          ++answers;
        } else if (said == "said " + std::to_string(threw)) {
          ++ends;
        } else {
          EXPECT_EQ(said, "ok") << what.name << ", allocation " << nth;
        }
      }
    }
  }
  EXPECT_GT(answers, 10u) << "what a cache has no memory for is answered";
  EXPECT_GT(ends, 10u) << "what a container has no memory for is not: docs/limits.md";
}

}  // namespace
}  // namespace lastout::vfs
