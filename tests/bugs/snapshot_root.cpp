// snapshot_root.cpp - nilfs2's nilfs_put_root() (98e2e409e76e, 2021): the count reaches zero first, the
// lock of the tree is taken after.
//
// Linux before 5.14: between the two a look-up under the lock finds the root in the tree and takes a
// plain reference; the put goes on, and frees what the look-up has. The fix is to decrement and lock
// in one step. Rule 31.
//
// Lastout's count is dead when release begins: the look-up's get is refused and reported.
//
// says: ^lastout: violation get_once_dead in get of snapshots::root at 0x
// stack: guilty_look_up
// says: ^  it was released by thread .* ago, at$
// stack: unmount

#include <map>
#include <mutex>
#include <semaphore>
#include <thread>
#include <utility>

#include <lastout/internal.hpp>
#include <lastout/kref.hpp>

#include "reproduction.hpp"

namespace snapshots {

using lastout::external;

struct tree;

struct root : lastout::kref<root> {
  root(tree& in, int checkpoint) noexcept : in_(in), checkpoint_(checkpoint) {}
  void release() noexcept;

 private:
  tree& in_;
  const int checkpoint_;
};

struct tree {
  struct entry {
    root* by_address;
    lastout::internal<root> by_reference;
  };
  std::mutex lock;
  std::map<int, entry> roots;
  // Where the last put stands between its decision and the lock.
  std::binary_semaphore at_zero{0};
  std::binary_semaphore go_on{0};
};

void root::release() noexcept {
  in_.at_zero.release();
  in_.go_on.acquire();
  {
    const std::lock_guard held(in_.lock);
    in_.roots.erase(checkpoint_);
  }
  delete this;
}

[[gnu::noinline]] static external<root> guilty_look_up(tree& in, int checkpoint) {
  const std::lock_guard held(in.lock);
  const auto found = in.roots.find(checkpoint);
  if (found == in.roots.end()) return {};
  return external<root>::get(*found->second.by_address);  // the bug: it is in the tree, but alive?
}

static external<root> look_up(tree& in, int checkpoint) {
  const std::unique_lock held(in.lock);
  const auto found = in.roots.find(checkpoint);
  if (found == in.roots.end()) return {};
  return found->second.by_reference.get_not_zero(held);
}

[[gnu::noinline]] static void unmount(external<root>& last) { last.put(); }

}  // namespace snapshots

int main(int count, char** words) {
  const bool broken = bugs::asked(count, words) == bugs::variant::broken;
  snapshots::tree tree;
  auto mounted = lastout::make<snapshots::root>(tree, 7);
  tree.roots.emplace(7, snapshots::tree::entry{mounted.address(), {*mounted, tree.lock}});
  std::thread last([&] { snapshots::unmount(mounted); });
  tree.at_zero.acquire();
  auto found = broken ? snapshots::guilty_look_up(tree, 7) : snapshots::look_up(tree, 7);
  const bool refused = !found;
  found.put();
  tree.go_on.release();
  last.join();
  return broken || refused ? 0 : 1;
}
