// turns_taken.hpp - one task by so many threads, a turn at a time.
//
// What a turn took is processor time, not the clock's: on a machine that others use too, a thread
// that has to wait for its processor has not worked meanwhile. A thread that waits for a lock has.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "../team.hpp"
#include "task.hpp"

namespace bench {

class turns_taken {
 public:
  /// Makes the object and the hands, each on the thread that uses it, and finds out how many
  /// operations take about that long.
  turns_taken(team& threads, const task& of, unsigned count, double turn_ns);
  turns_taken(const turns_taken&) = delete;
  turns_taken& operator=(const turns_taken&) = delete;
  ~turns_taken();

  /// Returns   the nanoseconds of one operation, of the thread that took longest.
  double one_more();

 private:
  double time(std::uint64_t times);

  team& team_;
  const subject what_;
  const double turn_ns_;
  void* object_ = nullptr;
  std::vector<void*> hands_;
  std::uint64_t times_;
};

}  // namespace bench
