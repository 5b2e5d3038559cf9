// object_copies.hpp - what is on the books of an object, copied, to be told of with no lock held.

#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "object_table.hpp"

namespace lastout::ledger {

struct reference_seen {
  std::uint64_t since_ns;
  const void* where;
  const void* owner;
  const char* tag;
  std::uint32_t stack;
  std::uint32_t thread;
  kind as;
};

struct object_seen {
  const void* object;
  type_book* type;
  std::uint32_t references;
  const char* state;
  bool whole;
  std::uint64_t born_ns;
  std::uint32_t born_thread;
  std::uint32_t born_stack;
  std::uint64_t last_put_ns;  // 0: none yet
  std::uint32_t last_put_thread;
  std::uint32_t last_put_stack;
  std::uint32_t first_reference, held;  // in shard_seen::references
  std::uint32_t first_event, events;    // in shard_seen::events
  std::uint32_t first_kept, kept;       // in shard_seen::kept
};

/// A shard at one moment.
struct shard_seen {
  std::vector<object_seen> objects;
  std::vector<reference_seen> references;
  std::vector<happening> events;
  std::vector<const void*> kept;
};

/// Copies a shard. Allocates with no lock held.
void look_at_shard(std::size_t which, shard_seen& out);
/// Copies what is known of the object at that address, or that has it inside. Returns false when it
/// is not tracked.
bool look_at(const void* address, shard_seen& out);

/// Numbers of the tracked objects of each type, by the type's number.
struct type_tally {
  std::uint64_t alive = 0, idle = 0;
  std::uint64_t oldest_ns = 0;  // since when its oldest reference is held; 0: none is
};
std::vector<type_tally> tally_types();

}  // namespace lastout::ledger
