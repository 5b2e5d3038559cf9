// contestant.cpp - everybody who takes part.

#include "contestant.hpp"

#include <utility>

#include "arc.hpp"
#include "clock_pro.hpp"
#include "counting_clock.hpp"
#include "fifo.hpp"
#include "lap_fifo.hpp"
#include "lazy_tinylfu.hpp"
#include "lru.hpp"
#include "s3_fifo.hpp"
#include "sieve.hpp"
#include "w_tinylfu.hpp"

namespace eviction {
namespace {

template <class Policy, class... More>
contestant entry(std::string name, kind is, More... more) {
  return {std::move(name), is, [=](std::size_t capacity, std::size_t keys) {
            return std::make_unique<Policy>(capacity, keys, more...);
          }};
}

}  // namespace

std::vector<contestant> contestants() {
  return {entry<lru>("LRU", kind::eager),
          entry<arc>("ARC", kind::eager),
          entry<w_tinylfu>("W-TinyLFU 1 %", kind::eager, false),
          entry<w_tinylfu>("W-TinyLFU", kind::eager, true),
          entry<fifo>("FIFO", kind::lazy),
          entry<counting_clock>("CLOCK", kind::lazy, 1U),
          entry<counting_clock>("CLOCK 2 bits", kind::lazy, 3U),
          entry<counting_clock>("CLOCK 3 bits", kind::lazy, 7U),
          entry<sieve>("SIEVE", kind::lazy),
          entry<s3_fifo>("QD-LP-FIFO", kind::lazy, 1U),
          entry<s3_fifo>("S3-FIFO", kind::lazy, 2U),
          entry<lazy_tinylfu>("lazy TinyLFU 1 %", kind::lazy, 0.01),
          entry<lazy_tinylfu>("lazy TinyLFU 10 %", kind::lazy, 0.1),
          entry<clock_pro>("CLOCK-Pro", kind::lazy),
          entry<lap_fifo>("Lap-FIFO", kind::lazy)};
}

std::vector<contestant> shapes_of_lap_fifo() {
  using shape = lap_fifo::shape;
  std::vector<contestant> out = {entry<lru>("LRU", kind::eager),
                                 entry<lap_fifo>("as it is", kind::lazy)};
  const auto add = [&out](const char* name, auto&& change) {
    shape changed;
    change(changed);
    out.push_back(entry<lap_fifo>(name, kind::lazy, changed));
  };
  add("small from 0.5 %", [](shape& of) { of.small_share_min = 0.005; });
  add("small from 2 %", [](shape& of) { of.small_share_min = 0.02; });
  add("small to 10 %", [](shape& of) { of.small_share_max = 0.1; });
  add("small to 40 %", [](shape& of) { of.small_share_max = 0.4; });
  add("small fixed 10 %", [](shape& of) { of.small_share_min = of.small_share_max = 0.1; });
  add("4 unused", [](shape& of) { of.unused_for_one_less = 4; });
  add("16 unused", [](shape& of) { of.unused_for_one_less = 16; });
  add("1 ghost", [](shape& of) { of.ghosts_per_entry = 1; });
  add("4 ghosts", [](shape& of) { of.ghosts_per_entry = 4; });
  add("1 round", [](shape& of) { of.rounds_max = 1; });
  add("2 rounds", [](shape& of) { of.rounds_max = 2; });
  add("7 rounds", [](shape& of) { of.rounds_max = 7; });
  add("16 visits", [](shape& of) { of.visits_max = 16; });
  add("64 visits", [](shape& of) { of.visits_max = 64; });
  add("visits without end", [](shape& of) { of.visits_max = 1U << 30; });
  add("ghosts 1/8 lap", [](shape& of) { of.ghost_life_eighths = 1; });
  add("ghosts 3/8 lap", [](shape& of) { of.ghost_life_eighths = 3; });
  add("ghosts 7/8 lap", [](shape& of) { of.ghost_life_eighths = 7; });
  add("ghosts of any age", [](shape& of) { of.ghost_life_eighths = 31; });
  return out;
}

}  // namespace eviction
