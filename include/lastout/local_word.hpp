// local_word.hpp - the counted word without atomics, for objects that never leave their thread.
//
// It is refcount to its users, at the price of a plain addition. In a checked build the first
// operation after birth binds it to its thread, and use from another one is
// violation::wrong_thread. Nothing else makes it safe there: a hand-over needs `rebind()` on the
// new thread, after whatever orders the two.

#pragma once

#include <cstdint>

#include <lastout/atomic.hpp>
#include <lastout/stepped_word.hpp>

namespace lastout {
inline namespace LASTOUT_ABI {

/// The thread that something is bound to; nothing at all in an unchecked build.
template <bool Checked>
class thread_binding {
 public:
  static constexpr bool here() noexcept { return true; }
  static constexpr void rebind() noexcept {}
};

template <>
class thread_binding<true> {
 public:
  /// True on the bound thread; the first call binds.
  bool here() const noexcept {
    const char* const caller = &per_thread<char>();
    if (thread_ == nullptr) thread_ = caller;
    return thread_ == caller;
  }
  void rebind() noexcept { thread_ = &per_thread<char>(); }

 private:
  mutable const char* thread_ = nullptr;
};

class local_word : public stepped_word<local_word> {
 public:
  using bound_to_its_thread = void;

  constexpr local_word() noexcept = default;
  constexpr explicit local_word(std::uint32_t n) noexcept : word_(word::live(n)) {}
  local_word(const local_word&) = delete;
  local_word& operator=(const local_word&) = delete;

  // The common cases, a plain addition each; the rest is the base's.
  using stepped_word::get;
  void get(subject who = {}) noexcept {
    if (common(word_)) [[likely]]
      ++word_;
    else
      stepped_word::get(1, who);
  }
  [[nodiscard]] bool get_not_zero(subject who = {}) noexcept {
    if (!common(word_)) [[unlikely]]
      return stepped_word::get_not_zero(who);
    ++word_;
    return true;
  }
  [[nodiscard]] bool put(subject who = {}) noexcept {
    if (!common(word_ - 1)) [[unlikely]]
      return stepped_word::put(who);
    --word_;
    return false;
  }

  /// Binds the word to the calling thread from now on.
  /// Requires  the former thread is done with it, and that is ordered before this call.
  void rebind() noexcept { thread_.rebind(); }

 private:
  friend stepped_word<local_word>;

  // A live word with room for one more, without notes, and nobody to check the thread of.
  static constexpr bool common(std::uint32_t w) noexcept {
    return !checked_build && w < word::live(count_max);
  }

  bool enter(subject who, const char* operation) const noexcept {
    if (thread_.here()) [[likely]]
      return true;
    if (who.object == nullptr) who = {"local_word", this};
    report(violation::wrong_thread, who, operation, word::references(word_),
           name(word::state(word_)));
    return false;  // nothing is done, and the object may leak: better than a race for its count
  }

  template <class Step>
  void change(Step step) noexcept {
    word_ = step(word_);
  }

  std::uint32_t look() const noexcept { return word_; }

  std::uint32_t word_ = word::unborn;
  [[no_unique_address]] thread_binding<checked_build> thread_;
};

static_assert(checked_build || sizeof(local_word) == 4);

}  // namespace LASTOUT_ABI
}  // namespace lastout
