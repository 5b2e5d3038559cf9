// killed.hpp - an object that is dead and unlinked, and is released when this goes: then and there.
//
// Killing happens under locks and releasing must not: carry the token out of the critical section.
//
//   lastout::killed<dentry> gone;
//   {
//     std::unique_lock lock(dcache_lock);
//     gone = victim.kill_idle(lock);      // empty when somebody uses it
//   }
//                                          // released here, with no lock held

#pragma once

#include <utility>

#include <lastout/counted.hpp>
#include <lastout/not_empty.hpp>

namespace lastout {
inline namespace LASTOUT_ABI {

template <class T>
class [[nodiscard]] killed {
 public:
  constexpr killed() noexcept = default;
  killed(killed&& other) noexcept : object_(std::exchange(other.object_, nullptr)) {}
  killed& operator=(killed&& other) noexcept {
    killed taken = std::move(other);
    std::swap(object_, taken.object_);
    return *this;
  }
  ~killed() {
    if (object_ != nullptr) reference_access::release(*object_);
  }

  /// True when something was killed.
  [[nodiscard]] explicit operator bool() const noexcept { return object_ != nullptr; }
  /// The dead object, nobody else's, until this token goes.
  [[nodiscard]] T& operator*() const noexcept { return *not_empty(object_); }

 private:
  template <class, class...>
  friend class kcref;
  explicit killed(T& dead) noexcept : object_(&dead) {}
  T* take() noexcept { return std::exchange(object_, nullptr); }

  T* object_ = nullptr;
};

}  // namespace LASTOUT_ABI
}  // namespace lastout
