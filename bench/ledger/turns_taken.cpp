// turns_taken.cpp - warms up for half a turn: what the processor's caches hold is to be its own.

#include "turns_taken.hpp"

#include <time.h>

#include <algorithm>

namespace bench {
namespace {

double processor_ns() noexcept {
  timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e9 + static_cast<double>(now.tv_nsec);
}

constexpr std::uint64_t times_at_first = 64;
constexpr unsigned steps_to_calibrate = 7;  // each at most four times the one before

struct alignas(apart) spent {
  double ns = 0;
};

}  // namespace

turns_taken::turns_taken(team& threads, const task& of, unsigned count, double turn_ns)
    : team_(threads), what_(of.what), turn_ns_(turn_ns), hands_(count), times_(times_at_first) {
  object_ = what_.make_object();
  team_.run(count, [this](unsigned i) { hands_[i] = what_.make_hand(object_); });
  for (unsigned i = 0; i < steps_to_calibrate; ++i) one_more();
}

turns_taken::~turns_taken() {
  team_.run(static_cast<unsigned>(hands_.size()),
            [this](unsigned i) { what_.free_hand(hands_[i]); });
  what_.free_object(object_);
}

double turns_taken::time(std::uint64_t times) {
  std::vector<spent> each(hands_.size());
  team_.time(
      static_cast<unsigned>(hands_.size()),
      [this, times](unsigned i) { what_.run(hands_[i], times / 2 + 1); },
      [this, times, &each](unsigned i) {
        const double begin = processor_ns();
        what_.run(hands_[i], times);
        each[i].ns = processor_ns() - begin;
      });
  const auto longest = std::max_element(each.begin(), each.end(),
                                        [](const spent& a, const spent& b) { return a.ns < b.ns; });
  return longest->ns / static_cast<double>(times * what_.batch);
}

double turns_taken::one_more() {
  const double ns = time(times_);
  // Next time as many as would have been right: but one odd turn is not to change it all.
  const double fit = std::clamp(turn_ns_ / (ns * what_.batch), static_cast<double>(times_) / 4,
                                static_cast<double>(times_) * 4);
  times_ = std::max<std::uint64_t>(1, static_cast<std::uint64_t>(fit));
  return ns;
}

}  // namespace bench
