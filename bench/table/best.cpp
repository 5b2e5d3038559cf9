// best.cpp - a sum of logarithms for each peer.

#include "best.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace bench {

std::vector<contender> best(const std::vector<contender>& of, const rows& by, bool with_limit,
                            bool only_growing) {
  const auto score = [&by](const contender& who) {
    double sum = 0;
    unsigned count = 0;
    for (const auto& each : by) {
      if (each->what.name != who.name) continue;
      sum += std::log(median(*each));
      ++count;
    }
    return count == 0 ? std::numeric_limits<double>::infinity() : sum / count;
  };
  std::vector<contender> out;
  std::vector<std::pair<double, std::size_t>> peers;
  for (std::size_t i = 0; i < of.size(); ++i) {
    if (of[i].who == role::peer) {
      if (of[i].grows || !only_growing) peers.emplace_back(score(of[i]), i);
    } else if (of[i].who == role::ours || with_limit) {
      out.push_back(of[i]);
    }
  }
  std::sort(peers.begin(), peers.end());
  for (const std::size_t i : {0u, 1u}) out.push_back(of[peers.at(i).second]);
  return out;
}

}  // namespace bench
