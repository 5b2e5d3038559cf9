// release.hpp - runs releases one after the other: a chain of a million parents in constant stack.
//
// A release that puts the last reference of another object would run that object's release inside
// its own. Instead the inner one is remembered and runs when the outer one is done, before the
// outermost put returns. So a parent is released just after its child, not within it.
//
// The remembered ones stand in a per-thread list that holds a few and grows on the heap when one
// release drops many. When there is no memory to grow, the inner release runs within the outer one.
//
// Source: rule 48. Record: docs/design/0009-release-in-constant-stack.md.

#pragma once

#include <cstddef>
#include <cstdlib>

#include <lastout/atomic.hpp>
#include <lastout/counted.hpp>

namespace lastout {
inline namespace LASTOUT_ABI {

class release_list {
 public:
  using function = void (*)(void* object) noexcept;

  constexpr release_list() noexcept = default;

  /// Runs `release(object)` now, or as soon as the release that this thread is running has
  /// returned.
  void run(void* object, function release) noexcept {
    if (!begin(object, release)) return;
    release(object);
    end();
  }

  /// The same in three steps, for a release that need not be called through a pointer.
  /// Returns   true when it is to run now: the caller runs it, and then calls end().
  [[nodiscard]] bool begin(void* object, function release) noexcept {
    if (!running_) [[likely]]
      return running_ = true;
    if (!remember({object, release})) release(object);
    return false;
  }
  void end() noexcept {
    if (size_ != 0) run_remembered();
    running_ = false;
  }

  /// How many wait until the one that is being released has gone.
  [[nodiscard]] std::size_t remembered() const noexcept { return size_; }
  /// Releases, now, what has been remembered since so many were: for who takes away what they need.
  void run_since(std::size_t before) noexcept {
    while (size_ > before) run_newest();
  }

 private:
  struct entry {
    void* object;
    function release;
  };

  entry* entries() noexcept { return grown_ == nullptr ? few_ : grown_; }

  LASTOUT_OUT_OF_LINE void run_remembered() noexcept {
    while (size_ != 0) run_newest();
    if (grown_ != nullptr) shrink();
  }
  void run_newest() noexcept {
    const entry next = entries()[--size_];
    next.release(next.object);
  }

  bool remember(entry next) noexcept {
    if (size_ == capacity_ && !grow()) return false;
    entries()[size_++] = next;
    return true;
  }

  bool grow() noexcept {
    auto* more = static_cast<entry*>(std::malloc(2 * capacity_ * sizeof(entry)));
    if (more == nullptr) return false;
    for (std::size_t i = 0; i < size_; ++i) more[i] = entries()[i];
    std::free(grown_);
    grown_ = more;
    capacity_ *= 2;
    return true;
  }

  void shrink() noexcept {
    std::free(grown_);
    grown_ = nullptr;
    capacity_ = few_max;
  }

  static constexpr std::size_t few_max = 16;

  entry few_[few_max] = {};
  entry* grown_ = nullptr;
  std::size_t size_ = 0;
  std::size_t capacity_ = few_max;
  bool running_ = false;
};

/// Releases the object on this thread: now, or after the one that is being released; inside that
/// one only when there is no memory to remember it.
template <class T>
void run_release(T& object) noexcept {
  constexpr auto later = [](void* dead) noexcept {
    reference_access::release(*static_cast<T*>(dead));
  };
  if constexpr (in_ledger<T>) {
    ledger::type_entry& entry = ledger::entry_of<T>();
    if (entry.wants_each_event()) [[unlikely]] {
      ledger::dawdle(entry);
      constexpr bool bound = requires { typename T::word_type::bound_to_its_thread; };
      if (!bound && ledger::releases_elsewhere(entry, &object, later)) return;
    }
  }
  release_list& list = per_thread<release_list>();
  if (!list.begin(&object, later)) return;
  reference_access::release(object);
  list.end();
}

}  // namespace LASTOUT_ABI
}  // namespace lastout
