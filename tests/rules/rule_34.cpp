// rule_34 - a parent is put only when the child is really freed, and outside the parent's lock;
// children at zero that pin a dead parent are pruned.
//
// Twins: a child that puts its parent when it becomes idle; one that puts it in unlink, under the
// lock that the parent's last put takes; a cache that does not prune. Tool: a lock that tells.

#include <memory>
#include <mutex>
#include <tuple>
#include <utility>
#include <vector>

#include <lastout/kcref.hpp>

#include "rules/support.hpp"

namespace {

using lastout::external;
using rules::told_lock;
using rules::verdict;
using guard = std::unique_lock<told_lock>;

enum class mistake { none, puts_when_idle, puts_under_the_lock, does_not_prune };

/// Directory entries: a child holds its parent; what nobody uses stays findable.
template <mistake M>
struct tree {
  struct entry : lastout::kcref<entry, told_lock> {
    using proof = typename entry::kcref::idle_proof;
    entry(tree& t, external<entry> p) : in(t), parent(std::move(p)) { ++in.alive; }
    ~entry() { --in.alive; }

    std::tuple<told_lock&> locks() noexcept { return {in.lock}; }
    lastout::fate idle(const proof&) noexcept {
      if (M == mistake::puts_when_idle) in.later = std::move(parent);
      in.idle.push_back(this);
      return unhashed ? lastout::fate::kill : lastout::fate::keep;
    }
    void unlink(const proof&) noexcept {
      std::erase(in.idle, this);
      if (M == mistake::puts_under_the_lock) parent.put();
    }
    void release() noexcept {
      if (parent && in.lock.held()) in.parent_put_under_lock = true;
      delete this;
    }

    tree& in;
    external<entry> parent;
    bool unhashed = false;
  };

  /// Kills what is idle below `top`, the leaves first.
  void prune(entry& top) {
    if (M == mistake::does_not_prune) return;
    for (bool found = true; found;) {
      lastout::killed<entry> gone;
      const guard held(lock);
      for (entry* each : idle) {
        if (each->parent.address() == &top) gone = each->kill_idle(held);
        if (gone) break;
      }
      found = static_cast<bool>(gone);
      pending.push_back(std::move(gone));
    }
    pending.clear();
  }

  told_lock lock;
  std::vector<entry*> idle;
  std::vector<lastout::killed<entry>> pending;
  external<entry> later;
  int alive = 0;
  bool parent_put_under_lock = false;
};

template <mistake M>
verdict a_parent_outlives_its_children() {
  verdict v;
  const rules::recorded_violations quiet;
  // What a broken tree leaves behind refers to it: it is leaked with the tree.
  auto owned = std::make_unique<tree<M>>();
  tree<M>& t = *owned;
  using entry = typename tree<M>::entry;

  external<entry> top = lastout::make<entry>(t, nullptr);
  entry& directory = *top;
  external<entry> child = lastout::make<entry>(t, external<entry>::get(*top));
  entry& file = *child;
  child.put();
  v.require(file.idle_now(), "the child is not idle");
  v.require(static_cast<bool>(file.parent) && directory.references() == 2,
            "an idle child does not pin its parent");

  {
    const guard held(t.lock);
    std::erase(t.idle, &file);
    child = file.resurrect(held);
  }
  v.require(child->parent == &directory, "a resurrected child has no parent");
  child.put();

  // The directory is removed: its name is gone, and only the idle child pins it.
  directory.unhashed = true;
  t.later.put();
  top.put();
  if (t.alive == 2) t.prune(directory);
  v.require(t.alive == 0, std::to_string(t.alive) + " entries are left");
  v.require(!t.lock.deadlocked(), "the parent was put under its own lock");
  v.require(!t.parent_put_under_lock, "the child was released under the lock");
  v.require(quiet.none(), quiet.text());
  if (t.alive != 0) {
    // What a twin has left alive still points there; LeakSanitizer finds it by this.
    [[maybe_unused]] static tree<M>* volatile left_behind;
    left_behind = owned.release();
  }
  return v;
}

TEST(rule_34, a_parent_is_put_when_the_child_is_freed) {
  EXPECT_HELD(a_parent_outlives_its_children<mistake::none>());
}
TEST(rule_34, twin_that_puts_the_parent_when_idle_is_caught) {
  EXPECT_BROKEN(a_parent_outlives_its_children<mistake::puts_when_idle>());
}
TEST(rule_34, twin_that_puts_the_parent_under_the_lock_is_caught) {
  EXPECT_BROKEN(a_parent_outlives_its_children<mistake::puts_under_the_lock>());
}
TEST(rule_34, twin_that_does_not_prune_is_caught) {
  EXPECT_BROKEN(a_parent_outlives_its_children<mistake::does_not_prune>());
}

}  // namespace
