// census.hpp - how many objects of each type there are, what was done to them, and what became of
// their memory.
//
// A counted type takes part by deriving from `censused<T>` (censused.hpp) next to its style. Counts
// are kept per thread, written by that thread only, and added up by who asks. Freed memory is
// poisoned and kept a while, with the stack of the free: who writes to it later is found and named.
//
// The census is one for the process; audit() of a filesystem compares with the moment of its birth.
//
// Lock order     all locks here are leaves: nothing is called with one held.
// Who holds references
//                nobody: the list of living objects holds addresses, for naming those that are left
//                over.

#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <lastout/atomic.hpp>
#include <lastout/counted.hpp>
#include <vfs/type_statistics.hpp>

namespace lastout::vfs {

/// The types that are counted.
enum class kind : std::uint8_t { superblock, mount, dentry, inode, file, page, buffer, process };
inline constexpr std::size_t kinds = 8;
inline constexpr std::size_t cached_kinds[] = {std::size_t(kind::dentry), std::size_t(kind::inode),
                                               std::size_t(kind::page), std::size_t(kind::buffer)};
const char* name(kind which) noexcept;

namespace census {

inline constexpr std::size_t events = 7;

/// One thread's counts: written by that thread only, read by anybody.
struct tally {
  atomic<std::uint64_t> counts[kinds][events] = {};
  atomic<std::uint64_t> evicted[kinds] = {};
  tally* next = nullptr;
  bool taken = true;  // guarded by the list's lock
};

struct tally_slot {
  tally* mine = nullptr;
};

/// A tally for the calling thread, given back when the thread ends.
tally& tally_of_new_thread() noexcept;

inline tally& mine() noexcept {
  tally* const found = per_thread<tally_slot>().mine;
  return found != nullptr ? *found : tally_of_new_thread();
}

inline void bump(atomic<std::uint64_t>& counter, std::uint64_t n) noexcept {
  // relaxed, and no read-modify-write: this thread is the only writer, readers want a number of
  // about now
  counter.store(counter.load(order::relaxed) + n, order::relaxed);
}

/// What a freed object is called in reports.
struct label {
  std::uint64_t id = 0;
  char text[24] = {};
};

using describe_function = std::string (*)(const void* object);

/// Where the memory of a type's objects comes from and goes to.
struct memory_source {
  void* (*take)(std::size_t bytes) noexcept;
  void (*give)(void* memory) noexcept;
  std::size_t left_alone;  // bytes at the front that are not poisoned: late look-ups count there
};
extern const memory_source heap;

/// What stands before each object.
inline constexpr std::size_t block_bytes = 96;

void* allocate(kind which, std::size_t bytes, describe_function describe,
               const memory_source& from = heap) noexcept;
void give_back(void* object) noexcept;
void set_label(void* object, std::uint64_t id, std::string_view text) noexcept;
/// Changes what objects of a type take besides themselves.
void charge(kind which, std::ptrdiff_t bytes) noexcept;

/// What the cached kinds take now. One relaxed load each.
std::size_t cached_bytes() noexcept;
std::size_t bytes_of(kind which) noexcept;
std::size_t cached_peak() noexcept;

/// How much freed memory is kept from now on. What is too much then goes back at once.
void keep_freed(std::size_t bytes_max) noexcept;

/// All counts at some moment, to be subtracted from those of a later one.
struct snapshot {
  std::uint64_t counts[kinds][events] = {};
  std::uint64_t evicted[kinds] = {};
  std::uint64_t alive[kinds] = {};
  std::uint64_t findings = 0;
  std::uint64_t serial = 0;  // objects allocated later have a larger one
};
snapshot take_snapshot();
/// Peaks count from now on.
void restart_peaks() noexcept;
std::vector<type_statistics> since(const snapshot& then);

/// Looks at all freed memory that is kept, and at the living objects that are younger than `then`.
/// Returns   one line for each thing that is wrong.
std::vector<std::string> findings_since(const snapshot& then);
/// Adds a finding; only the first few hundred are kept.
void find(std::string what);
/// What a freed object was; empty when its memory is not kept.
std::string name_of_freed(const void* object);

}  // namespace census

}  // namespace lastout::vfs
