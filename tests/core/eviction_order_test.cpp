// eviction_order_test.cpp - who leaves the cache, in which order and why: as a model of the policy
// has it, to the last one.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include <lastout/cache.hpp>

#include "core/cached_thing.hpp"
#include "core/eviction_model.hpp"

namespace {

using lastout::at_limit;
using lastout::cache_budget;
using lastout::cache_statistics;
using lastout::eviction;
using lastout::external;

struct setting {
  const char* name;
  cache_budget budget;
  at_limit when_full;
  std::uint64_t names;
  std::uint64_t charge_least;
  std::uint64_t charge_most;
  std::size_t held_most;
  int steps;
};
void PrintTo(const setting& of, std::ostream* out) { *out << of.name; }

/// A cache and the model, which are told the same.
class eviction_order_test : public things_test, public testing::WithParamInterface<setting> {
 protected:
  eviction_order_test() { anew(); }

  std::uint64_t below(std::uint64_t n) { return random_() % n; }
  // Some names are asked for more than others.
  std::uint64_t any_name() { return below(1 + below(GetParam().names)); }
  external<thing> one_that_is_held() {
    if (held_.empty()) return {};
    return held_[static_cast<std::size_t>(below(held_.size()))];
  }

  void get_or_insert() {
    const std::uint64_t n = any_name();
    external<thing> found = all_->get(n);
    ASSERT_EQ(static_cast<bool>(found), model_->get(n)) << n;
    if (!found) {
      const std::uint64_t charge =
          GetParam().charge_least + below(GetParam().charge_most + 1 - GetParam().charge_least);
      found = put_in(*all_, n, static_cast<std::size_t>(charge));
      ASSERT_EQ(static_cast<bool>(found), model_->insert(n, charge)) << n;
      if (!found) return;
    }
    held_.push_back(std::move(found));
    while (held_.size() > below(GetParam().held_most + 1)) put_one();
  }
  void put_one() {
    const auto at = held_.begin() + static_cast<std::ptrdiff_t>(below(held_.size()));
    external<thing> gone = std::move(*at);
    held_.erase(at);
    const std::uint64_t n = gone->number;
    gone.put();
    model_->put(n);
  }

  void compare(int step) {
    ASSERT_EQ(left_, model_->left()) << "step " << step;
    left_.clear();
    model_->count_what_is_there();
    const cache_statistics is = all_->statistics();
    const cache_statistics& wanted = model_->counted();
    ASSERT_EQ(is.hits, wanted.hits) << "step " << step;
    ASSERT_EQ(is.inserts, wanted.inserts) << "step " << step;
    ASSERT_EQ(is.refusals, wanted.refusals) << "step " << step;
    ASSERT_EQ(is.visits, wanted.visits) << "step " << step;
    ASSERT_EQ(is.evictions, wanted.evictions) << "step " << step;
    ASSERT_EQ(is.idle_entries, wanted.idle_entries) << "step " << step;
    ASSERT_EQ(is.idle_charge, wanted.idle_charge) << "step " << step;
    ASSERT_EQ(is.pinned_entries, wanted.pinned_entries) << "step " << step;
    ASSERT_EQ(is.pinned_charge, wanted.pinned_charge) << "step " << step;
  }

  void change_something() {
    switch (below(5)) {
      case 0: {
        const std::uint64_t charge = below(GetParam().budget.idle / 4);
        ASSERT_EQ(all_->shrink(charge), model_->shrink(charge));
        break;
      }
      case 1: {
        cache_budget now = GetParam().budget;
        now.idle = now.idle / 2 + below(now.idle);
        all_->set_budget(now);
        model_->set_budget(now);
        break;
      }
      case 2: {
        const std::uint64_t n = any_name();
        if (!model_->has(n) || model_->in_use(n)) break;
        const bool is = all_->evict_if([n](const thing& t) { return t.number == n; }) != 0;
        ASSERT_EQ(is, model_->evict(n)) << n;
        break;
      }
      case 3: {
        const std::uint64_t n = any_name();
        if (model_->in_use(n)) break;
        ASSERT_EQ(all_->erase(n), model_->has(n)) << n;
        if (model_->has(n)) model_->depart(n, eviction::erased);
        break;
      }
      default:
        if (external<thing> t = one_that_is_held()) {
          t.kill_on_put();
          model_->depart(t->number, eviction::killed);
        }
    }
  }

  void churn(int steps) {
    for (int step = 0; step < steps; ++step) {
      ASSERT_NO_FATAL_FAILURE(get_or_insert()) << step;
      if (below(20) == 0) {
        ASSERT_NO_FATAL_FAILURE(change_something()) << step;
      }
    }
  }
  void anew() {
    all_ = std::make_unique<things>(things::options{
        .idle_charge_max = GetParam().budget.idle,
        .pinned_charge_max = GetParam().budget.pinned,
        .charge_max = GetParam().budget.all,
        .when_full = GetParam().when_full,
        .on_evict = [this, alive = told_](thing& gone, eviction why) { heard(gone, why); }});
    model_.emplace(GetParam().budget, GetParam().when_full == at_limit::refuse);
  }
  void heard(thing& gone, eviction why) {
    left_ += std::to_string(gone.number) + ":" + name(why) + " ";
  }

  std::mt19937_64 random_{1};
  std::string left_;
  // What on_evict has lives as long as the part of the cache that its objects know.
  std::shared_ptr<int> told_ = std::make_shared<int>();
  std::unique_ptr<things> all_;
  std::optional<eviction_model> model_;
  std::vector<external<thing>> held_;
};

TEST_P(eviction_order_test, is_the_models) {
  for (int step = 0; step < GetParam().steps; ++step) {
    ASSERT_NO_FATAL_FAILURE(get_or_insert()) << step;
    if (below(50) == 0) {
      ASSERT_NO_FATAL_FAILURE(change_something()) << step;
    }
    ASSERT_NO_FATAL_FAILURE(compare(step));
  }
  while (!held_.empty()) put_one();
  ASSERT_NO_FATAL_FAILURE(compare(-1));
}

// Whatever has come and gone: who is idle when the cache goes leaves with it, and the part of the
// cache that its objects know goes with the last one that somebody has.
TEST_P(eviction_order_test, nothing_of_the_cache_outlives_its_last_object) {
  for (const bool some_are_held : {false, true}) {
    if (!some_are_held) {
      churn(300);
      while (!held_.empty()) put_one();
    } else {
      anew();
      churn(300);
      if (held_.empty()) held_.push_back(put_in(*all_, 1'000'000));
    }
    std::size_t idle = 0;
    all_->for_each([&](const external<thing>& each) { idle += each->references() == 1 ? 1 : 0; });
    left_.clear();
    all_.reset();
    EXPECT_EQ(std::count(left_.begin(), left_.end(), ' '), static_cast<std::ptrdiff_t>(idle));
    while (!held_.empty()) {
      EXPECT_EQ(told_.use_count(), 2) << held_.size() << " are held";
      held_.pop_back();
    }
    EXPECT_EQ(told_.use_count(), 1);
    EXPECT_EQ(thing::alive, 0);
  }
}

constexpr auto any = lastout::no_limit;
constexpr setting settings[] = {
    {"of_one_weight", {50, any, any}, at_limit::overshoot, 200, 1, 1, 3, 4000},
    {"of_many_weights", {2000, any, any}, at_limit::overshoot, 150, 1, 90, 3, 4000},
    {"nearly_all_used", {150, any, any}, at_limit::overshoot, 165, 1, 1, 3, 4000},
    {"many_in_use", {300, any, 400}, at_limit::overshoot, 100, 1, 20, 30, 4000},
    {"few_may_be_in_use", {300, 60, 380}, at_limit::refuse, 100, 1, 20, 25, 4000},
    {"more_idle_than_all", {500, any, 300}, at_limit::refuse, 100, 1, 40, 25, 4000},
    {"some_too_large", {100, any, any}, at_limit::overshoot, 60, 1, 110, 4, 3000},
    {"some_weightless", {5, any, 9}, at_limit::overshoot, 60, 0, 3, 12, 3000},
};
INSTANTIATE_TEST_SUITE_P(, eviction_order_test, testing::ValuesIn(settings),
                         [](const auto& of) { return std::string(of.param.name); });

}  // namespace
