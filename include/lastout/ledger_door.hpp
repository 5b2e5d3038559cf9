// ledger_door.hpp - the few calls by which handles and styles reach the ledger; not for users.
//
// Each counted type has one type_entry. `share` in it is all that a get or a put looks at while the
// ledger is idle: one relaxed load of a line that nobody writes, and one branch. What is tracked is
// chosen by the object's address, so that all references to one object are tracked or none is,
// without a bit in the object.
//
//   share                   what is looked at
//   none (0)                nothing
//   1 .. every_object       objects whose address falls into that share, and what is held already
//   beyond                  each event: the type is not known yet, or puts are checked, or chaos.
//                           Checked are the puts of references that were taken meanwhile
//
// The functions are in src/ledger. None of them throws, allocates from the heap, or takes a lock
// that is not a leaf; called again by a signal handler that interrupted one of them, they do
// nothing, and the dump says how often.
//
// The same for every build setting: no type here depends on one.
//
// Record: docs/design/0018-ledger.md.

#pragma once

#include <cstddef>
#include <cstdint>

#include <lastout/atomic.hpp>
#include <lastout/event.hpp>

namespace lastout::ledger {

struct record;     // one outstanding reference
struct type_book;  // what the ledger knows of a type

/// What a handle is to its object.
enum class kind : std::uint8_t { external, active, passive, existence, given };

/// What type_entry::references answers for a type that does not say.
inline constexpr std::uint32_t unknown_references = ~std::uint32_t{0};

/// A cache line of its own: nobody writes there while the ledger is idle.
struct alignas(64) type_entry {
  static constexpr std::uint32_t none = 0;
  static constexpr std::uint32_t every_object = 1u << 31;
  static constexpr std::uint32_t each_event = ~std::uint32_t{0};

  atomic<std::uint32_t> share{each_event};  // until the first event: then the settings are asked
  bool release_may_block;
  const char* name;
  std::size_t size;
  // For reports, at any moment of the object's life: how many external references its own count
  // says, and its state.
  std::uint32_t (*references)(const void* object) noexcept;
  const char* (*state)(const void* object) noexcept;
  // Calls see(to, kept) for each object that this one keeps alive, if the type declares them.
  void (*keeps)(const void* object, void (*see)(void* to, const void* kept), void* to);
  atomic<type_book*> book{nullptr};

  /// For the ledger: from now on so many are looked at.
  /// Order     (1) release: who sees that an object is not wanted any more frees it after the last
  ///           one who looked at it in the books.
  void want(std::uint32_t so_many) noexcept {
    share.store(so_many, order::release);  // (1) pairs with (2)
  }
  /// True when something is to be done about that object.
  /// Cost      a load; with a share, a multiplication too.
  [[nodiscard]] bool wants(const void* object) const noexcept {
    const std::uint32_t now = share.load(order::acquire);  // (2) pairs with (1)
    if (now == none) [[likely]]
      return false;
    return falls_into(object, now);
  }
  /// True when puts of what is not tracked are to be looked at too.
  [[nodiscard]] bool wants_each_event() const noexcept {
    return share.load(order::relaxed) > every_object;  // relaxed: as above
  }

  static bool falls_into(const void* object, std::uint32_t part) noexcept {
    const auto address = static_cast<std::uint64_t>(reinterpret_cast<std::uintptr_t>(object));
    return (address >> 3) * 0x9e3779b97f4a7c15u >> 33 < part;
  }
};

/// Notes a reference that has just been counted.
/// Returns   its record, or one that stands for all whose put is only to be checked; nullptr when its
///           put is of no interest.
record* begin(type_entry& type, const void* object, kind as, const void* where) noexcept;
/// As begin(), for a reference taken from one that the caller must have: looked at in that light.
record* begin_another(type_entry& type, const void* object, kind as, const void* where) noexcept;
/// Takes over a reference that was given away; its record, as begin()'s, is left in `made`.
/// Returns   false when the object is known to be released: there is none, and that has been told.
[[nodiscard]] bool adopt(type_entry& type, const void* object, kind as, const void* where,
                         record*& made) noexcept;
/// The reference is about to be put.
/// Returns   false when somebody else has put it, and the object is gone: hands off.
[[nodiscard]] bool end(type_entry& type, const void* object, record* of) noexcept;
/// It is no reference any more, and is not put either: the object ends.
void drop(record* of) noexcept;
/// It has been moved.
void move(record* of, const void* where) noexcept;
/// It goes on without a handle, until adopt().
void give(record* of) noexcept;
/// It is one that nobody will put, on purpose; or no longer.
void declare_existence(record* of, bool on) noexcept;
void set_tag(record* of, const char* text) noexcept;
void set_owner(record* of, const void* owner) noexcept;

/// Something else happened to an object.
void happened(type_entry& type, const void* object, event what) noexcept;
/// The object is released from here on, by this thread, until released().
void releases(type_entry& type, const void* object) noexcept;
void released() noexcept;

/// True when freed memory of that type is to be kept a while.
[[nodiscard]] bool keeps_freed(type_entry& type, const void* object) noexcept;
/// Keeps memory whose object has been destroyed; `free` gives it back.
void keep_freed(type_entry& type, void* memory, std::size_t bytes,
                void (*free)(void* memory) noexcept) noexcept;

/// Chaos: true when a get_not_zero is to fail.
[[nodiscard]] bool refuses(type_entry& type) noexcept;
/// Chaos: waits a while, sometimes.
void dawdle(type_entry& type) noexcept;
/// Chaos: true when an object that has just become idle is to be resurrected once.
[[nodiscard]] bool resurrects(type_entry& type) noexcept;
/// Chaos: true when another thread has taken `release(object)` over.
[[nodiscard]] bool releases_elsewhere(type_entry& type, void* object,
                                      void (*release)(void* object) noexcept) noexcept;

/// What this thread's references are tagged with: a holder_tag's text.
struct thread_tag {
  const char* text = nullptr;
};

}  // namespace lastout::ledger
