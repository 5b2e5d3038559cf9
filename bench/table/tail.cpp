// tail.cpp - a round for each table in turn, each operation timed on its own.

#include "tail.hpp"

#include <algorithm>
#include <cstdio>
#include <memory>

namespace bench {
namespace {

struct nothing_to_do {
  explicit nothing_to_do(std::size_t) {}
  bool look_up(std::uint64_t id) noexcept {
    use(&id);
    return true;
  }
  void insert(std::uint64_t id) noexcept { use(&id); }
};

}  // namespace

contender clock_alone() { return enter<nothing_to_do>("the clock alone", role::limit); }

void tail_rounds::add(const histogram& of, double tick) {
  const auto ns = [tick](std::uint64_t ticks) { return static_cast<double>(ticks) * tick; };
  rounds_.push_back({.count = of.count(),
                     .p50 = ns(of.at(0.50)),
                     .p99 = ns(of.at(0.99)),
                     .p999 = ns(of.at(0.999)),
                     .max = ns(of.max())});
}

template <class Of>
auto tail_rounds::middle(Of of) const {
  std::vector<decltype(of(rounds_[0]))> sorted;
  for (const round& each : rounds_) sorted.push_back(of(each));
  std::sort(sorted.begin(), sorted.end());
  return sorted[sorted.size() / 2];
}

tail_row tail_rounds::row(const std::string& subject, role who,
                          const std::string& operation) const {
  return {.subject = subject,
          .who = who,
          .operation = operation,
          .count = middle([](const round& of) { return of.count; }),
          .p50 = middle([](const round& of) { return of.p50; }),
          .p99 = middle([](const round& of) { return of.p99; }),
          .p999 = middle([](const round& of) { return of.p999; }),
          .max = middle([](const round& of) { return of.max; })};
}

std::vector<tail_row> measure_tail(team& threads, const std::vector<contender>& others,
                                   const settings& wanted, const std::string& finding,
                                   const std::string& inserting) {
  std::vector<contender> who = {clock_alone()};
  who.insert(who.end(), others.begin(), others.end());
  std::vector<tail_rounds> finds(who.size());
  std::vector<tail_rounds> inserts(who.size());
  const double tick = tick_ns();
  for (unsigned i = 0; i < wanted.tail_rounds; ++i) {
    for (std::size_t of = 0; of < who.size(); ++of) {
      const auto insert = std::make_unique<histogram>();
      const auto find = std::make_unique<histogram>();
      const any_table table = who[of].make(who[of].grows ? 0 : wanted.objects);
      progress shared{.objects = wanted.objects * (of == 0 ? more_when_short : 1)};
      threads.run(2, [&](unsigned self) {
        if (self == 0) {
          who[of].insert_all(table.get(), shared, *insert);
        } else {
          who[of].find_meanwhile(table.get(), shared, *find);
        }
      });
      inserts[of].add(*insert, tick);
      finds[of].add(*find, tick);
    }
  }
  std::vector<tail_row> out;
  for (std::size_t of = 0; of < who.size(); ++of) {
    out.push_back(finds[of].row(who[of].name, who[of].who, finding));
  }
  for (std::size_t of = 0; of < who.size(); ++of) {
    out.push_back(inserts[of].row(who[of].name, who[of].who, inserting));
  }
  return out;
}

void print(const std::vector<tail_row>& all) {
  if (all.empty()) return;
  std::printf("\n%-36s %-6s %-23s %9s %9s %9s %11s  (ns)\n", "tail", "", "", "p50", "p99", "p99.9",
              "max");
  for (const tail_row& each : all) {
    std::printf("%-36s %-6s %-23s %9.0f %9.0f %9.0f %11.0f\n", each.subject.c_str(), name(each.who),
                each.operation.c_str(), each.p50, each.p99, each.p999, each.max);
  }
}

}  // namespace bench
