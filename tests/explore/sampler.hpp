// sampler.hpp - what a random execution chooses, where the tree is too large to be walked.
//
// Uniform (depth 0): each choice is drawn among what is allowed. Finds what many schedules show.
//
// By depth (PCT: Burckhardt, Kothari, Musuvathi, Nagarakatte, "A Randomized Scheduler with
// Probabilistic Guarantees of Finding Bugs", 2010): each thread has a priority of its own, and the
// highest that can go on does; at depth - 1 choices, drawn beforehand, something rare happens: the
// thread that is about to go on falls behind all others, or a value is chosen that is not the newest.
// A failure that needs d - 1 such events, among n threads that make k choices, is found by one
// execution with a probability of at least 1 in n * (2k)^(d-1), however rarely chance alone would come
// upon it.

#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

#include "explore/clock.hpp"

namespace interleave {

class sampler {
 public:
  explicit sampler(std::uint64_t seed, unsigned depth) : random_(seed), depth_(depth) {}

  /// Draws the events of the next execution, which is taken to be as long as the longest so far.
  void begin() {
    threads_longest_ = std::max(threads_longest_, threads_);
    values_longest_ = std::max(values_longest_, values_);
    threads_ = values_ = 0;
    if (depth_ == 0) return;
    for (unsigned i = 0; i < threads_max; ++i) priority_[i] = static_cast<int>(i);
    for (unsigned i = threads_max; i > 1; --i) std::swap(priority_[i - 1], priority_[draw(i)]);
    lowest_ = -1;
    falls_.clear();
    looks_back_.clear();
    for (unsigned event = 1; event < depth_; ++event) {
      const bool of_values = values_longest_ != 0 && (threads_longest_ == 0 || draw(2) == 1);
      (of_values ? looks_back_ : falls_).push_back(draw(of_values ? values_longest_ : longest()));
    }
  }

  /// One of the threads in `allowed`, a mask.
  unsigned thread(std::uint32_t allowed) {
    if (depth_ == 0) {
      unsigned chosen = 0;
      do chosen = static_cast<unsigned>(draw(threads_max));
      while ((allowed >> chosen & 1) == 0);
      return chosen;
    }
    const std::size_t now = threads_++;
    unsigned chosen = highest(allowed);
    for (auto n = std::count(falls_.begin(), falls_.end(), now); n > 0; --n) {
      priority_[chosen] = lowest_--;
      chosen = highest(allowed);
    }
    return chosen;
  }

  /// One of 0 .. n-1, of which 0 is the newest.
  unsigned value(unsigned n) {
    if (depth_ == 0) return static_cast<unsigned>(draw(n));
    const std::size_t now = values_++;
    if (std::find(looks_back_.begin(), looks_back_.end(), now) == looks_back_.end()) return 0;
    return 1 + static_cast<unsigned>(draw(n - 1));
  }

 private:
  std::size_t draw(std::size_t n) { return static_cast<std::size_t>(random_() % n); }
  std::size_t longest() const noexcept { return std::max<std::size_t>(threads_longest_, 1); }

  unsigned highest(std::uint32_t allowed) const {
    unsigned best = threads_max;
    for (unsigned i = 0; i < threads_max; ++i) {
      if ((allowed >> i & 1) == 0) continue;
      if (best == threads_max || priority_[i] > priority_[best]) best = i;
    }
    return best;
  }

  std::mt19937_64 random_;
  unsigned depth_;
  std::array<int, threads_max> priority_{};
  int lowest_ = -1;
  std::vector<std::size_t> falls_, looks_back_;  // at which choice
  std::size_t threads_ = 0, values_ = 0;         // choices of this execution
  std::size_t threads_longest_ = 0, values_longest_ = 0;
};

}  // namespace interleave
