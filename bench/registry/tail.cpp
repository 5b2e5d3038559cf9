// tail.cpp - a round for each table in turn, each operation timed on its own.

#include "tail.hpp"

#include <algorithm>
#include <cstdio>

namespace bench {
namespace {

struct clock_alone {
  explicit clock_alone(std::size_t) {}
  bool look_up(std::uint64_t id) noexcept {
    use(&id);
    return true;
  }
  void insert(std::uint64_t id) noexcept { use(&id); }
  void erase(std::uint64_t) noexcept {}
};

constexpr std::uint64_t more_when_short = 16;

struct round {
  std::uint64_t count;
  double p50, p99, p999, max;
};

round summary(const histogram& of, double tick) {
  const auto ns = [tick](std::uint64_t ticks) { return static_cast<double>(ticks) * tick; };
  return {of.count(), ns(of.at(0.50)), ns(of.at(0.99)), ns(of.at(0.999)), ns(of.max())};
}

template <class Of>
auto middle(const std::vector<round>& rounds, Of of) {
  std::vector<decltype(of(rounds[0]))> sorted;
  for (const round& each : rounds) sorted.push_back(of(each));
  std::sort(sorted.begin(), sorted.end());
  return sorted[sorted.size() / 2];
}

tail_row row_of(const contender& who, const char* operation, const std::vector<round>& rounds) {
  return {.subject = who.name,
          .who = who.who,
          .operation = operation,
          .count = middle(rounds, [](const round& of) { return of.count; }),
          .p50 = middle(rounds, [](const round& of) { return of.p50; }),
          .p99 = middle(rounds, [](const round& of) { return of.p99; }),
          .p999 = middle(rounds, [](const round& of) { return of.p999; }),
          .max = middle(rounds, [](const round& of) { return of.max; })};
}

}  // namespace

std::vector<tail_row> measure_tail(team& threads, const std::vector<contender>& others,
                                   const settings& wanted) {
  std::vector<contender> who = {enter<clock_alone>("the clock alone", role::limit)};
  who.insert(who.end(), others.begin(), others.end());
  std::vector<std::vector<round>> finds(who.size());
  std::vector<std::vector<round>> inserts(who.size());
  const double tick = tick_ns();
  for (unsigned i = 0; i < wanted.tail_rounds; ++i) {
    for (std::size_t of = 0; of < who.size(); ++of) {
      const auto insert = std::make_unique<histogram>();
      const auto find = std::make_unique<histogram>();
      const any_table table = who[of].make(0);
      progress shared{.objects = wanted.objects * (of == 0 ? more_when_short : 1)};
      threads.run(2, [&](unsigned self) {
        if (self == 0) {
          who[of].insert_all(table.get(), shared, *insert);
        } else {
          who[of].find_meanwhile(table.get(), shared, *find);
        }
      });
      inserts[of].push_back(summary(*insert, tick));
      finds[of].push_back(summary(*find, tick));
    }
  }
  std::vector<tail_row> out;
  for (std::size_t of = 0; of < who.size(); ++of) {
    out.push_back(row_of(who[of], "find", finds[of]));
  }
  for (std::size_t of = 0; of < who.size(); ++of) {
    out.push_back(row_of(who[of], "insert", inserts[of]));
  }
  return out;
}

void print(const std::vector<tail_row>& all) {
  if (all.empty()) return;
  std::printf("\n%-36s %-6s %-7s %9s %9s %9s %11s  (ns)\n", "tail, while the table grows", "", "",
              "p50", "p99", "p99.9", "max");
  for (const tail_row& each : all) {
    std::printf("%-36s %-6s %-7s %9.0f %9.0f %9.0f %11.0f\n", each.subject.c_str(), name(each.who),
                each.operation.c_str(), each.p50, each.p99, each.p999, each.max);
  }
}

}  // namespace bench
