// object_book.hpp - the tracked objects, and each reference to them that is outstanding.
//
// Objects stand in shards by their address. A shard's lock is held for a few dozen instructions, and
// nothing is called under it; the heap least of all.
//
// Lock order     a shard's lock is a leaf. all_shards takes them in order.

#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <lastout/ledger_door.hpp>

#include "type_book.hpp"

namespace lastout::ledger {

struct tracked_object;

/// What is in an object's history besides events.
enum class deed : std::uint8_t {
  born,
  got,
  refused,
  resurrected,
  put,
  killed,
  released,
  given,
  adopted
};

inline constexpr std::size_t history_max = 65536;

struct happening {
  std::uint64_t when_ns;
  const void* where;
  std::uint32_t thread;
  std::uint32_t stack;
  deed what;
};

/// One cache line.
struct record {
  record* next;  // of its object's; of the free ones
  record** back;
  tracked_object* of;  // nullptr: the object is gone, or not tracked any more
  atomic<const void*> where;
  const void* owner;
  const char* tag;
  std::uint32_t since_low;  // in units of 1,024 ns
  std::uint16_t since_high;
  std::uint8_t shard;             // never changes: all else is guarded by that shard's lock
  std::uint8_t as : 4;            // kind
  std::uint8_t from_nothing : 1;  // adopted where nothing had been given away
  std::uint8_t consumed : 1;      // somebody else has put it
  std::uint32_t stack;
  std::uint32_t thread;

  void begin_at(std::uint64_t ns) noexcept {
    since_low = static_cast<std::uint32_t>(ns >> 10);
    since_high = static_cast<std::uint16_t>(ns >> 42);
  }
  [[nodiscard]] std::uint64_t since_ns() const noexcept {
    return (std::uint64_t{since_high} << 32 | since_low) << 10;
  }
};
static_assert(sizeof(record) == 64);

// What is copied out of a shard, to be told of with no lock held.

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

inline constexpr std::size_t shards = 64;

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

/// Keeps the last so many events of an object from now on.
bool keep_history(const void* address, std::size_t events) noexcept;

/// Lets go of objects that do not fall into their type's share any more.
void drop_untracked() noexcept;
/// In the child of a fork: all objects are let go of.
void drop_all() noexcept;
/// Around a fork: so that the child finds every shard in order.
void lock_all_shards() noexcept;
void unlock_all_shards() noexcept;

/// References that were not noted: a signal handler took them while this thread was in the ledger, or
/// there was no memory.
std::uint64_t references_missed() noexcept;

std::uint64_t now_ns() noexcept;

}  // namespace lastout::ledger
