// type_counters.hpp - the tallies of a running process, type by type, and what happened between two of
// them.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lastout::ledger_reader {

/// Of the tracked objects: one in `share`.
struct type_counters {
  std::uint64_t number = 0;  // holds within one process
  std::uint64_t share = 0;   // 0: none is tracked
  std::uint64_t alive = 0, idle = 0, pinned = 0;
  std::uint64_t born = 0, released = 0, gets = 0, puts = 0, refused = 0, resurrected = 0,
                killed = 0;
  std::optional<std::uint64_t> oldest_since_ns;  // the oldest outstanding reference
  std::string name;
};

struct counters {
  std::uint64_t now_ns = 0;
  std::vector<type_counters> types;
};

/// Reads the answer to `counters`. Throws  no_answer (dump_client.hpp) when it is none.
counters read_counters(std::string_view text);

/// What happened in a second between two readings of a process.
struct type_rates {
  double gets = 0, puts = 0, born = 0, released = 0;
};

/// Of the type of this number; nothing happened when it was not there before, or no time has passed.
type_rates rates(const counters& before, const counters& after, std::uint64_t number);

}  // namespace lastout::ledger_reader
