// tail.hpp - how slow the slowest operations are.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "../team.hpp"
#include "contender.hpp"
#include "settings.hpp"

namespace bench {

/// Nanoseconds; medians of several rounds.
struct tail_row {
  std::string subject;
  role who;
  std::string operation;
  std::uint64_t count;  // operations in a round
  double p50;
  double p99;
  double p999;
  double max;
};

/// What several rounds of one operation came to.
class tail_rounds {
 public:
  /// One round; `tick`: nanoseconds for a tick.
  void add(const histogram& of, double tick);
  [[nodiscard]] tail_row row(const std::string& subject, role who,
                             const std::string& operation) const;

 private:
  struct round {
    std::uint64_t count;
    double p50, p99, p999, max;
  };
  template <class Of>
  [[nodiscard]] auto middle(Of of) const;
  std::vector<round> rounds_;
};

/// What the clock and the machine do to an operation that does nothing: to compare with. It is to
/// run `more_when_short` times as often, because it is short.
contender clock_alone();
inline constexpr std::uint64_t more_when_short = 16;

/// Look-ups and insertions while a table grows from nothing: one thread inserts, another one finds
/// what was inserted before. `finding`, `inserting`: what the operations are called.
std::vector<tail_row> measure_tail(team& threads, const std::vector<contender>& who,
                                   const settings& wanted, const std::string& finding,
                                   const std::string& inserting);

void print(const std::vector<tail_row>& all);

}  // namespace bench
