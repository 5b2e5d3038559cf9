// object_table.hpp - the tracked objects, and each reference to them that is outstanding.
//
// Objects stand in shards by their address. A shard's lock is held for a few dozen instructions, and
// nothing is called under it; the heap least of all.

#pragma once

#include <cstddef>
#include <cstdint>

#include <lastout/atomic.hpp>
#include <lastout/ledger_door.hpp>
#include <lastout/spin_lock.hpp>

#include "blocks.hpp"
#include "pool.hpp"
#include "type_book.hpp"

namespace lastout::ledger {

struct tracked_object;

/// What an object's history is made of: its events, and what handles do without one.
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
static_assert(sizeof(record) <= 64);

struct tracked_object {
  struct past {
    happening* events;  // a ring
    std::uint32_t room;
    std::uint64_t size;  // so many were ever noted
  };

  tracked_object* next;  // of the same bucket
  const void* object;
  type_book* type;
  record* first;
  past history;
  std::uint64_t born_ns;
  std::uint32_t born_thread;
  std::uint32_t born_stack;
  std::uint64_t last_put_ns;  // 0: nobody has put yet
  std::uint32_t last_put_thread;
  std::uint32_t last_put_stack;
  std::uint32_t held;           // records
  std::uint32_t missed_before;  // its shard's, at its birth
  bool whole;                   // known since its birth, and nothing missed since
  bool robbed;                  // a put has been told of that took somebody's reference
};

/// Where an event comes from: found out before any lock is taken.
struct circumstances {
  circumstances() noexcept;
  std::uint64_t when_ns;
  std::uint32_t thread;
  std::uint32_t stack;
};

/// All of it but the lock and what is atomic: under the lock, taken by hold_shard.
struct shard {
  spin_lock lock;
  // What a signal handler did that interrupted the ledger on its thread, perhaps under the lock:
  atomic<std::uint32_t> missed{0};        // gets and the like of its objects, which nobody noted
  atomic<std::uint32_t> ended_unseen{0};  // records that wait to be taken out
  atomic<bool> released_unseen{false};    // an object is gone that still stands here
  tracked_object** buckets = nullptr;
  std::size_t room = 0;  // a power of two
  std::size_t objects = 0;
  pool<tracked_object> free_objects;
  pool<record> free_records;
  blocks rings;

  /// Where the pointer to it is, or would be; nullptr when there is no room for any.
  tracked_object** link_to(const void* object) noexcept;
  tracked_object* find(const void* object) noexcept;
  /// nullptr when there is no memory.
  tracked_object* insert(type_book& type, const void* object, bool whole,
                         const circumstances& at) noexcept;
  /// Takes an object out. Its records stay with their handles, who find that they are nobody's.
  void remove(tracked_object** link, bool consumed) noexcept;

  /// nullptr when there is no memory.
  record* add_record(tracked_object& to, kind as, const void* where,
                     const circumstances& at) noexcept;
  void unlink(record& out) noexcept;
  void free_record(record& out) noexcept;
  /// Takes out those of its records that ended unseen; and says whether all of the others are known.
  void sweep(tracked_object& of) noexcept;
  /// Takes everything out when something is gone unseen: nobody knows which one it was.
  void catch_up() noexcept;
  /// Something of one of its objects is not noted.
  void miss() noexcept;

  /// Keeps the last so many events from now on. False when there is no memory.
  bool make_history(tracked_object& of, std::size_t events) noexcept;

 private:
  bool grow() noexcept;
};

inline constexpr std::size_t shards = 64;
extern shard table[shards];

/// A shard's lock, held.
class hold_shard {
 public:
  explicit hold_shard(shard& which) noexcept : shard_(which) { lock(); }
  hold_shard(const hold_shard&) = delete;
  hold_shard& operator=(const hold_shard&) = delete;
  ~hold_shard() {
    if (held_) unlock();
  }
  void lock() noexcept {
    shard_.lock.lock();
    held_ = true;
    if (shard_.released_unseen.load(order::relaxed)) [[unlikely]]  // relaxed: under the lock
      shard_.catch_up();
  }
  void unlock() noexcept {
    held_ = false;
    shard_.lock.unlock();
  }

 private:
  shard& shard_;
  bool held_ = false;
};

shard& shard_of(const void* object) noexcept;
inline shard& shard_of(const record& of) noexcept { return table[of.shard]; }

/// Under its shard's lock: one more event, when its history is kept.
void remember(tracked_object& of, deed what, const circumstances& at,
              const void* where = nullptr) noexcept;

/// The end of a reference that came while its thread was in the ledger. Where that has the lock, it is
/// marked: its handle is gone, so nobody else says any more where it is, and whoever looks at its
/// object next takes it out.
void end_unseen(record& of) noexcept;
/// The same of an object. Where the lock cannot be had, its shard is let go of by who has it next.
void release_unseen(const void* object) noexcept;

/// Whether that type's settings choose that object.
bool falls_in(const type_book& type, const void* object) noexcept;

/// The tracked object at that address; else the one that has it inside; else nullptr.
const void* object_with(const void* address) noexcept;

/// Keeps the last so many events of an object from now on. Returns false when it is not tracked, or
/// there is no memory for them.
bool keep_history(const void* address, std::size_t events) noexcept;

/// Lets go of objects that do not fall into their type's share any more.
void drop_untracked() noexcept;
/// In the child of a fork: all objects of those shards are let go of.
void drop_all(std::uint64_t which) noexcept;
/// Around a fork: so that the child finds every shard in order. No other lock of the ledger's is taken
/// after a shard's. Returns which ones were had (lock_for_fork), a bit for each.
std::uint64_t lock_all_shards(bool interrupted) noexcept;
void unlock_all_shards(std::uint64_t which) noexcept;

/// A reference, a birth or a death was not noted: a signal handler did it while this thread was in the
/// ledger, or there was no memory.
void miss() noexcept;
std::uint64_t missed_so_far() noexcept;

}  // namespace lastout::ledger
