// memory.hpp - what an entry takes: how much a process grows that does nothing but fill one cache.

#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "contender.hpp"

namespace bench {

struct memory_row {
  std::string subject;
  role who;
  double bytes_for_entry;
  std::size_t own_bytes;  // of these: what its user has put into the object
  /// Without the 64 bytes of the object, with what it inherits.
  [[nodiscard]] double beyond_object() const { return bytes_for_entry - sizeof(stored); }
  /// Without what the user has put into it.
  [[nodiscard]] double beyond_own() const {
    return bytes_for_entry - static_cast<double>(own_bytes);
  }
};

/// Each in a process that is forked for it.
/// Requires  this process has one thread, and has not done much.
std::vector<memory_row> measure_memory(const std::vector<cache_contender>& who,
                                       std::uint64_t entries);

void print(const std::vector<memory_row>& all);

}  // namespace bench
