// census.hpp - how many objects of each type there are, what was done to them, and what became of
// their memory.
//
// A counted type takes part by deriving from `censused<T>` next to its style:
//
//   class inode : public kcref<inode, std::mutex>, public censused<inode, kind::inode> { ... };
//
// That gives it the observe() hook, through which the core tells of each event, and operator new
// and delete of its own. Counts are kept per thread, written by that thread only, and added up by
// who asks. Freed memory is poisoned and kept a while, with the stack of the free: who writes to it
// later is found and named.
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
#include <new>
#include <string>
#include <string_view>
#include <vector>

#include <lastout/atomic.hpp>
#include <lastout/counted.hpp>

namespace lastout::vfs {

/// One row of the table: what happened to the objects of one type.
struct type_statistics {
  std::string type;
  std::uint64_t born = 0;
  std::uint64_t freed = 0;
  std::uint64_t alive = 0;
  std::uint64_t peak = 0;
  std::uint64_t got = 0;
  std::uint64_t put = 0;
  std::uint64_t refused = 0;  // get_not_zero that answered no
  std::uint64_t resurrected = 0;
  std::uint64_t evicted = 0;  // killed while idle, to make room
  std::uint64_t bytes = 0;    // alive now, what they allocate besides included
};

/// What the cached objects take.
struct memory_use {
  std::size_t cached_bytes = 0;  // inodes, dentries, pages and buffers
  std::size_t cached_peak = 0;
  std::size_t store_bytes = 0;  // the simulated devices: not bounded by the budget
};

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
tally& adopt_tally() noexcept;

inline tally& mine() noexcept {
  tally* const found = per_thread<tally_slot>().mine;
  return found != nullptr ? *found : adopt_tally();
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

void* allocate(kind which, std::size_t bytes, describe_function describe) noexcept;
void give_back(void* object) noexcept;
void set_label(void* object, std::uint64_t id, std::string_view text) noexcept;
/// Changes what objects of a type take besides themselves.
void charge(kind which, std::ptrdiff_t bytes) noexcept;

/// What the cached kinds take now. One relaxed load each.
std::size_t cached_bytes() noexcept;
std::size_t bytes_of(kind which) noexcept;
std::size_t cached_peak() noexcept;

/// How much freed memory is kept from now on.
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

/// While one exists, violations are findings too, named like the rest; whoever was told before is
/// told as well.
class violation_watch {
 public:
  violation_watch() noexcept;
  violation_watch(const violation_watch&) = delete;
  violation_watch& operator=(const violation_watch&) = delete;
  ~violation_watch();
};

}  // namespace census

/// Puts a counted type into the census. T has `std::string describe() const`, and its destructor
/// begins with leaving().
template <class T, kind Kind>
class censused {
 public:
  static void observe(event what, std::uint32_t n) noexcept {
    census::bump(census::mine().counts[std::size_t(Kind)][std::size_t(what)], n);
  }
  static void count_evicted() noexcept {
    census::bump(census::mine().evicted[std::size_t(Kind)], 1);
  }

  static void* operator new(std::size_t bytes, const std::nothrow_t&) noexcept {
    return census::allocate(
        Kind, bytes, [](const void* object) { return static_cast<const T*>(object)->describe(); });
  }
  static void operator delete(void* object) noexcept { census::give_back(object); }
  static void operator delete(void* object, const std::nothrow_t&) noexcept {
    census::give_back(object);
  }

 protected:
  censused() noexcept = default;
  ~censused() = default;
  /// Leaves a name behind, for reports about what happens to the memory afterwards.
  void leaving(std::uint64_t id, std::string_view text = {}) noexcept {
    census::set_label(static_cast<T*>(this), id, text);
  }
};

}  // namespace lastout::vfs
