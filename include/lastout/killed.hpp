// killed.hpp - an object that is dead and unlinked, and is released when this goes.
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
#include <lastout/release.hpp>

namespace lastout {
inline namespace LASTOUT_ABI {

template <class T>
class [[nodiscard]] killed {
 public:
  constexpr killed() noexcept = default;
  killed(killed&& other) noexcept : object_(std::exchange(other.object_, nullptr)) {}
  killed& operator=(killed other) noexcept {
    std::swap(object_, other.object_);
    return *this;
  }
  ~killed() {
    if (object_ != nullptr)
      run_release(object_,
                  [](void* dead) noexcept { reference_access::release(*static_cast<T*>(dead)); });
  }

  /// True when something was killed.
  [[nodiscard]] explicit operator bool() const noexcept { return object_ != nullptr; }
  /// The dead object, nobody else's, until this token goes.
  [[nodiscard]] T& operator*() const noexcept { return *object_; }

 private:
  template <class, class...>
  friend class kcref;
  explicit killed(T& dead) noexcept : object_(&dead) {}

  T* object_ = nullptr;
};

}  // namespace LASTOUT_ABI
}  // namespace lastout
