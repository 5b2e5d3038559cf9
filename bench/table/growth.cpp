// growth.cpp - one size after the other, at each size the tables take turns.

#include "growth.hpp"

#include <algorithm>
#include <cstdio>
#include <memory>

#include "../turns.hpp"

namespace bench {
namespace {

constexpr std::uint64_t first_size = 1'000;
constexpr std::uint64_t step = 10;
constexpr unsigned turns_min = 3;

rows rows_at(team& threads, const std::vector<contender>& who, const std::vector<any_table>& tables,
             const some_keys& with) {
  rows out;
  for (std::size_t i = 0; i < who.size(); ++i) {
    const subject find = who[i].reading(who[i], tables[i], with).front();
    out.push_back(std::make_unique<row>(threads, "growth", find, condition{}));
  }
  return out;
}

}  // namespace

std::vector<growth_row> measure_growth(team& threads, const std::vector<contender>& who,
                                       const settings& wanted) {
  std::vector<growth_row> out;
  std::vector<any_table> tables(who.size());
  std::uint64_t before = 0;
  for (std::uint64_t entries = first_size; entries <= wanted.growth_max; entries *= step) {
    for (std::size_t i = 0; i < who.size(); ++i) {
      const bool anew = before == 0 || !who[i].grows;
      if (anew) {
        tables[i] = nullptr;
        tables[i] = who[i].make(who[i].grows ? 0 : entries);
      }
      who[i].fill(tables[i].get(), anew ? 0 : before, entries);
    }
    const auto all = rows_at(threads, who, tables, uniform(entries));
    take_turns(all, std::max(turns_min, wanted.repeats / 2), wanted.turn_ns / 2, warm_part);
    double limit = 0;
    for (const auto& each : all) {
      if (each->what.who == role::limit) limit = each->result().median;
    }
    for (const auto& each : all) {
      const spread found = each->result();
      out.push_back({.entries = entries,
                     .subject = each->what.name,
                     .who = each->what.who,
                     .ns = found,
                     .ratio_to_limit = limit > 0 ? found.median / limit : 0});
    }
    before = entries;
  }
  return out;
}

void print(const std::vector<growth_row>& all) {
  if (all.empty()) return;
  std::vector<std::string> subjects;
  for (const growth_row& each : all) {
    if (each.entries == all.front().entries) subjects.push_back(each.subject);
  }
  std::printf("\n%-43s", "growth: ns for a look-up, x limit; entries");
  for (std::size_t i = 0; i < all.size(); i += subjects.size()) {
    std::printf(" | %14llu", static_cast<unsigned long long>(all[i].entries));
  }
  std::printf("\n");
  for (std::size_t of = 0; of < subjects.size(); ++of) {
    std::printf("%-36s %-6s", subjects[of].c_str(), name(all[of].who));
    for (std::size_t i = of; i < all.size(); i += subjects.size()) {
      std::printf(" | %8.2f %5.2f", all[i].ns.median, all[i].ratio_to_limit);
    }
    std::printf("\n");
  }
}

}  // namespace bench
