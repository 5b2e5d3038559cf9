// row.cpp - time of one operation = time from the first thread's start to the last one's end, over
// the number of operations that each thread does.

#include "row.hpp"

#include <algorithm>
#include <cmath>

namespace bench {

row::row(team& threads, std::string bench_name, const subject& of, condition under)
    : bench(std::move(bench_name)),
      what(of),
      when(under),
      team_(threads),
      objects_(under.shared ? 1 : under.threads),
      hands_(under.threads) {
  team_.run(when.threads, [this](unsigned i) {
    if (i < objects_.size()) objects_[i] = what.make_object();
  });
  team_.run(when.threads,
            [this](unsigned i) { hands_[i] = what.make_hand(objects_[when.shared ? 0 : i]); });
}

row::~row() { retire(); }

void row::retire() {
  if (hands_.empty()) return;
  team_.run(when.threads, [this](unsigned i) { what.free_hand(hands_[i]); });
  team_.run(when.threads, [this](unsigned i) {
    if (i < objects_.size()) what.free_object(objects_[i]);
  });
  hands_.clear();
  objects_.clear();
  what.make_object = nullptr;
}

double row::time(std::uint64_t times) {
  const std::uint64_t warm = times / warm_part_ + 1;
  const double ns = team_.time(
      when.threads, [this, warm](unsigned i) { what.run(hands_[i], warm); },
      [this, times](unsigned i) { what.run(hands_[i], times); });
  return ns / static_cast<double>(times * what.batch);
}

void row::adapt(double ns) {
  best_ns_ = std::min(best_ns_, ns);
  const double fit = wanted_ns_ / (best_ns_ * what.batch);
  times_ = std::max<std::uint64_t>(1, static_cast<std::uint64_t>(fit));
}

void row::calibrate(double wanted_ns, unsigned warm_part) {
  wanted_ns_ = wanted_ns;
  warm_part_ = warm_part;
  // A slow once() is known well before the last step.
  for (std::uint64_t times = 64; times <= 4096 && (times == 64 || times_ > times); times *= 4) {
    adapt(time(times));
  }
}

void row::repeat() {
  const double ns = time(times_);
  measured_.push_back(ns);
  adapt(ns);  // a thread that lost its processor during the calibration made it look too long
}

spread row::result() const {
  std::vector<double> sorted = measured_;
  std::sort(sorted.begin(), sorted.end());
  const auto at = [&sorted](double share) {
    const double place = share * static_cast<double>(sorted.size() - 1);
    return sorted[static_cast<std::size_t>(std::lround(place))];
  };
  return {.median = at(0.5), .p10 = at(0.1), .p90 = at(0.9)};
}

}  // namespace bench
