// rule_32 - linked and idle means: on the idle list. Resurrected means: off it (or lazily skipped).
// Dead is for ever.
//
// Twins: a look-up that forgets the idle list; a kill that does; a kill whose object is initialised
// again in place. Tool: random programs over a small cache, seeded; after each step the lists and
// the counts say the same. In every interleaving: edges/rule_32_test.cpp.

#include <algorithm>
#include <array>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <tuple>
#include <vector>

#include <lastout/internal.hpp>
#include <lastout/kcref.hpp>

#include "rules/support.hpp"

namespace {

using lastout::external;
using rules::told_lock;
using rules::verdict;
using guard = std::unique_lock<told_lock>;

enum class mistake {
  none,
  revived_stays_on_the_list,
  killed_stays_on_the_list,
  killed_is_born_again
};

template <mistake M>
class cache {
 public:
  struct item : lastout::kcref<item, told_lock> {
    explicit item(cache& c) : in(c) {}
    std::tuple<told_lock&> locks() noexcept { return {in.lock_}; }
    lastout::fate idle(const typename item::kcref::idle_proof&) noexcept {
      in.idle_.push_back(this);
      return lastout::fate::keep;
    }
    void unlink(const typename item::kcref::idle_proof&) noexcept {
      if (M != mistake::killed_stays_on_the_list) std::erase(in.idle_, this);
    }
    void release() noexcept {}  // the test keeps the memory, so that the dead can be asked
    cache& in;
  };

  verdict run(unsigned seed) {
    const rules::recorded_violations told;
    std::minstd_rand random(seed);
    for (std::size_t i = 0; i < names; ++i) held_[i] = born(i);
    for (int step = 0; step < 200 && verdict_.held(); ++step) {
      const std::size_t i = (random() >> 8) % names;
      switch ((random() >> 8) % 4) {
        case 0: look_up(i); break;
        case 1: held_[i].put(); break;
        case 2: kill(i); break;
        case 3:
          if (!entry_[i]) held_[i] = born(i);
          break;
      }
      judge();
    }
    verdict_.require(told.none(), told.text());
    for (std::size_t i = 0; i < names; ++i) {
      held_[i].put();
      kill(i);
    }
    judge();
    return verdict_;
  }

 private:
  static constexpr std::size_t names = 3;

  external<item> born(std::size_t i) {
    made_.push_back(std::make_unique<item>(*this));
    lastout::reference_access::birth(*made_.back());
    entry_[i] = made_.back().get();
    return external<item>::adopt(entry_[i]);
  }

  void look_up(std::size_t i) {
    external<item> found;
    {
      const guard held(lock_);
      if (entry_[i] == nullptr) return;
      found = entry_[i]->resurrect(held);
      if (M != mistake::revived_stays_on_the_list) std::erase(idle_, entry_[i]);
    }
    held_[i] = std::move(found);
  }

  void kill(std::size_t i) {
    lastout::killed<item> gone;
    const guard held(lock_);
    if (entry_[i] != nullptr) gone = entry_[i]->kill_idle(held);
    if (!gone) return;
    if (M == mistake::killed_is_born_again) lastout::reference_access::birth(*gone);
    dead_.push_back(std::exchange(entry_[i], nullptr));
  }

  void judge() {
    const guard held(lock_);
    for (std::size_t i = 0; i < names; ++i) {
      if (entry_[i] == nullptr) continue;
      const auto times = std::count(idle_.begin(), idle_.end(), entry_[i]);
      verdict_.require(times == (entry_[i]->idle_now() ? 1 : 0),
                       std::string(entry_[i]->idle_now() ? "idle" : "in use") + ", and " +
                           std::to_string(times) + " times on the idle list");
    }
    rules::recorded_violations refused;
    for (item* each : dead_) {
      verdict_.require(std::count(idle_.begin(), idle_.end(), each) == 0,
                       "dead, and on the idle list");
      const lastout::internal<item, told_lock> forgotten(*each, lock_);
      verdict_.require(each->dead() && !forgotten.get_not_zero(held), "the dead was got");
      if (each->dead()) verdict_.require(!forgotten.resurrect(held), "the dead was resurrected");
    }
    verdict_.require(refused.count(lastout::violation::resurrect_once_dead) == refused.count(),
                     refused.text());
  }

  told_lock lock_;
  std::vector<std::unique_ptr<item>> made_;
  std::array<item*, names> entry_{};
  std::vector<item*> idle_;
  std::vector<item*> dead_;
  std::array<external<item>, names> held_;
  verdict verdict_;
};

template <mistake M>
verdict the_idle_list_is_the_idle() {
  const rules::recorded_violations quiet;  // the twins' objects end as they like
  verdict v;
  for (unsigned seed = 1; seed <= 20 && v.held(); ++seed) {
    cache<M> each;
    v.require(each.run(seed));
  }
  return v;
}

TEST(rule_32, the_idle_list_is_the_idle_and_the_dead_stay_dead) {
  EXPECT_HELD(the_idle_list_is_the_idle<mistake::none>());
}
TEST(rule_32, twin_that_leaves_the_revived_on_the_list_is_caught) {
  EXPECT_BROKEN(the_idle_list_is_the_idle<mistake::revived_stays_on_the_list>());
}
TEST(rule_32, twin_that_leaves_the_killed_on_the_list_is_caught) {
  EXPECT_BROKEN(the_idle_list_is_the_idle<mistake::killed_stays_on_the_list>());
}
TEST(rule_32, twin_that_bears_the_killed_again_is_caught) {
  EXPECT_BROKEN(the_idle_list_is_the_idle<mistake::killed_is_born_again>());
}

}  // namespace
