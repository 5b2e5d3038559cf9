// existence_ref.hpp - a reference that nobody will put, on purpose: the object is to exist.
//
// Use it for what lives as long as the process (the root of a tree, a table's founder), and for the
// reference that an object has for being alive at all, which its destroy() gives back. The ledger
// shows it apart and does not take it for a leak. A plain external<T> that is leaked for the same
// purpose hides the next one, which is not.
//
//   lastout::existence_ref<process> alive(make<process>());
//   ...
//   alive.end();          // destroy: the last one out frees. Again: nothing
//
// Its destructor does not put: an object that still has one when the program ends is left alone.
//
// Source: Akaros's kref document, "existence reference"; rules 42, 66. Record:
// docs/design/0018-ledger.md.

#pragma once

#include <new>
#include <utility>

#include <lastout/external.hpp>

#if defined(__SANITIZE_ADDRESS__)
#define LASTOUT_HAS_LEAK_CHECKER 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define LASTOUT_HAS_LEAK_CHECKER 1
#endif
#endif
#ifdef LASTOUT_HAS_LEAK_CHECKER
extern "C" void __lsan_ignore_object(const void* memory);
#endif

namespace lastout {
inline namespace LASTOUT_ABI {

template <class T>
class existence_ref {
 public:
  existence_ref() noexcept { new (&held_) external<T>(); }
  explicit existence_ref(external<T> taken) noexcept {
    new (&held_) external<T>(std::move(taken));
    held_.holding_.declare_existence(true);
  }
  existence_ref(existence_ref&& other) noexcept {
    new (&held_) external<T>(std::move(other.held_));
  }
  existence_ref& operator=(existence_ref&& other) noexcept {
    swap(held_, other.held_);
    return *this;
  }
  ~existence_ref() {
    held_.holding_.leave();
#ifdef LASTOUT_HAS_LEAK_CHECKER
    if (held_) __lsan_ignore_object(held_.address());  // on purpose, from here on
#endif
  }

  /// Ends it: from now on an ordinary reference, which is put when it goes.
  /// Requires  one thread at a time.
  /// Returns   the reference; empty the second time.
  external<T> end() noexcept {
    held_.holding_.declare_existence(false);
    return std::move(held_);
  }

  [[nodiscard]] T& operator*() const noexcept { return *held_; }
  [[nodiscard]] T* operator->() const noexcept { return held_.operator->(); }
  [[nodiscard]] T* address() const noexcept { return held_.address(); }
  [[nodiscard]] explicit operator bool() const noexcept { return static_cast<bool>(held_); }

 private:
  union {
    // Without a destructor's call. NOLINTNEXTLINE(readability-identifier-naming): a private member
    external<T> held_;
  };
};

}  // namespace LASTOUT_ABI
}  // namespace lastout
