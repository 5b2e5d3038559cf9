// turns.cpp - a shuffle for each round, from one seed.

#include "turns.hpp"

#include <algorithm>
#include <random>

namespace bench {

void take_turns(const rows& all, unsigned rounds, double turn_ns, unsigned warm_part) {
  for (const auto& each : all) each->calibrate(turn_ns, warm_part);
  std::vector<row*> turns;
  for (const auto& each : all) turns.push_back(each.get());
  std::mt19937 order(1);
  for (unsigned round = 0; round < rounds; ++round) {
    std::shuffle(turns.begin(), turns.end(), order);
    for (row* each : turns) each->repeat();
  }
}

}  // namespace bench
