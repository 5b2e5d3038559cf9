// choices.hpp - the tree of schedules, walked depth first by running the program again and again.
//
// Reduction by sleep sets (Godefroid, "Partial-Order Methods", 1996): once the subtree of a
// thread's next step was walked, a sibling subtree need not run that step until something that
// depends on it (same location, one of the two a write) was run. Of schedules that differ only in
// the order of independent steps one is kept; happens-before is the same in all of them, so no
// race is lost.

#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "explore/clock.hpp"
#include "explore/sampler.hpp"

namespace interleave {

[[noreturn]] void fail(const std::string& why);

using thread_mask = std::uint32_t;

inline constexpr thread_mask bit(unsigned thread) noexcept { return thread_mask{1} << thread; }
inline unsigned lowest(thread_mask m) noexcept { return static_cast<unsigned>(__builtin_ctz(m)); }

inline constexpr unsigned branches_max = 32;  // of one choice

class choices {
 public:
  choices(std::uint64_t seed, unsigned depth) : sampler_(seed, depth) {}

  void begin() {
    depth_ = 0;
    taken_.clear();
    asleep = 0;
    redundant = false;
    if (sampling_) sampler_.begin();
  }

  /// Follows `text`, as made by replay(), instead of walking the tree.
  void follow(const std::string& text) {
    replaying_ = true;
    for (const char c : text) {
      const std::size_t n = names.find(c);
      if (n == names.npos)
        fail("the replay \"" + text + "\" is not one: of '" + c + "' no choice is made");
      script_.push_back(static_cast<unsigned>(n));
    }
  }
  /// Choices of the script that the execution has not come to.
  std::size_t left_over() const noexcept {
    return script_.size() - std::min(script_.size(), taken_.size());
  }

  void sample() noexcept { sampling_ = true; }
  bool replaying() const noexcept { return replaying_; }

  /// Picks one of `allowed`, a part of `enabled`; `first` of them if it is free to.
  /// Requires  more than one enabled. `reduce`: those asleep need not be walked.
  unsigned pick_thread(thread_mask enabled, thread_mask allowed, unsigned first, bool reduce) {
    return pick(enabled, allowed, first, reduce, [&] { return sampler_.thread(allowed); });
  }

  /// Picks one of 0 .. n-1, the running thread's own affair.
  unsigned pick_value(unsigned n) {
    if (n < 2) return 0;
    cut = cut || n > branches_max;
    n = std::min(n, branches_max);
    const thread_mask sleepers = asleep;
    const thread_mask all = ~thread_mask{0} >> (branches_max - n);
    const unsigned chosen = pick(all, all, 0, false, [&] { return sampler_.value(n); });
    asleep = sleepers;
    return chosen;
  }
  /// Turns to the next unwalked branch. Returns false when there is none.
  bool backtrack() {
    while (!nodes_.empty() && nodes_.back().todo == 0) nodes_.pop_back();
    if (nodes_.empty()) return false;
    node& n = nodes_.back();
    if (n.reduce) n.asleep |= bit(n.chosen);
    n.chosen = lowest(n.todo);
    n.todo &= ~bit(n.chosen);
    return true;
  }

  const std::string& replay() const noexcept { return taken_; }

  thread_mask asleep = 0;  // threads whose next step a sibling has walked
  bool redundant = false;  // this execution only repeats one that was walked
  bool cut = false;        // a choice had more branches than are walked, in this or an earlier one

 private:
  struct node {
    thread_mask enabled;
    thread_mask todo;
    thread_mask asleep;
    unsigned chosen;
    bool reduce;
  };

  template <class Drawn>
  unsigned pick(thread_mask enabled, thread_mask allowed, unsigned first, bool reduce,
                Drawn drawn) {
    unsigned chosen = first;
    if (replaying_) {
      chosen = taken_.size() < script_.size() ? script_[taken_.size()] : first;
      if (chosen >= branches_max || (enabled & bit(chosen)) == 0) fail("the replay does not fit");
    } else if (sampling_) {
      chosen = drawn();
    } else if (depth_ < nodes_.size()) {
      const node& n = nodes_[depth_++];
      if (n.enabled != enabled) fail("the program under test is not deterministic");
      asleep = n.asleep;
      chosen = n.chosen;
    } else if (!redundant) {
      thread_mask todo = reduce ? allowed & ~asleep : allowed;
      if (todo == 0) {
        redundant = true;  // run on to the end, so that everything is destroyed, but branch no more
      } else {
        if ((todo & bit(first)) == 0) chosen = lowest(todo);
        nodes_.push_back({enabled, todo & ~bit(chosen), asleep, chosen, reduce});
        ++depth_;
      }
    }
    taken_.push_back(names[chosen]);
    return chosen;
  }

  std::vector<node> nodes_;
  std::size_t depth_ = 0;
  static constexpr std::string_view names = "0123456789abcdefghijklmnopqrstuv";
  std::string taken_;             // one of these per choice
  std::vector<unsigned> script_;  // what to replay
  bool replaying_ = false;
  bool sampling_ = false;
  sampler sampler_;
};

}  // namespace interleave
