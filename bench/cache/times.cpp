// times.cpp - a round for each cache in turn; the clock alone (../table/tail.hpp) is the first.

#include "times.hpp"

#include <memory>

namespace bench {
namespace {

void time_clock_alone(std::uint64_t times, histogram& took) {
  for (; times != 0; --times) {
    const std::uint64_t begin = ticks();
    use(&times);
    took.add(ticks() - begin);
  }
}

}  // namespace

std::vector<tail_row> measure_times(team& threads, const std::vector<cache_contender>& who,
                                    const workload& under, const settings& wanted,
                                    const std::string& operation) {
  std::vector<any_table> caches;
  for (const cache_contender& each : who) caches.push_back(each.make(each, under));
  tail_rounds clock;
  std::vector<tail_rounds> rounds(who.size());
  const double tick = tick_ns();
  const auto once = [&](tail_rounds& to, const auto& time) {
    const auto looked_at = std::make_unique<histogram>();
    const auto other = std::make_unique<histogram>();
    threads.run(2, [&](unsigned self) { time(self, self == 0 ? *looked_at : *other); });
    to.add(*looked_at, tick);
  };
  for (unsigned i = 0; i < wanted.tail_rounds; ++i) {
    once(clock, [&](unsigned, histogram& took) {
      time_clock_alone(wanted.objects * more_when_short, took);
    });
    for (std::size_t of = 0; of < who.size(); ++of) {
      once(rounds[of], [&](unsigned self, histogram& took) {
        who[of].time_each(caches[of], under, self, wanted.objects, took);
      });
    }
  }
  std::vector<tail_row> out = {clock.row("the clock alone", role::limit, operation)};
  for (std::size_t of = 0; of < who.size(); ++of) {
    out.push_back(rounds[of].row(who[of].table.name, who[of].table.who, operation));
  }
  return out;
}

}  // namespace bench
