// holding.hpp - what a handle knows of its place in the ledger: nothing, and then it takes no room.
//
// A handle has one as its last member and tells it what becomes of the reference. It moves with the
// reference, and the ledger learns where the handle lies: that is how it finds out which object
// holds which.

#pragma once

#include <utility>

#include <lastout/config.hpp>
#include <lastout/counted.hpp>
#include <lastout/entry_of.hpp>
#include <lastout/in_ledger.hpp>
#include <lastout/ledger_door.hpp>

namespace lastout {
inline namespace LASTOUT_ABI {

template <bool InLedger, ledger::kind As = ledger::kind::external>
class holding;

template <ledger::kind As>
class holding<false, As> {
 public:
  template <class T>
  constexpr void begin(const T&) noexcept {}
  template <class T>
  constexpr void begin_another(const T&) noexcept {}
  template <class T>
  [[nodiscard]] constexpr bool adopt(const T&) noexcept {
    return true;
  }
  template <class T>
  static constexpr bool end(const T&) noexcept {
    return true;
  }
  constexpr void drop() noexcept {}
  constexpr void give() noexcept {}
  constexpr void declare_existence(bool) noexcept {}
  constexpr void leave() noexcept {}
  constexpr void set_tag(const char*) noexcept {}
  constexpr void set_owner(const void*) noexcept {}
  friend constexpr void swap(holding&, holding&) noexcept {}
};

template <ledger::kind As>
class holding<true, As> {
 public:
  constexpr holding() noexcept = default;
  holding(holding&& other) noexcept : record_(std::exchange(other.record_, nullptr)) { placed(); }
  holding& operator=(holding&&) = delete;
  ~holding() = default;

  /// A reference has just been counted.
  template <class T>
  [[gnu::always_inline]] void begin(const T& object) noexcept {
    record_ = is_wanted(object) ? note_begin(object) : nullptr;
  }
  /// The same, where there must have been one before.
  template <class T>
  [[gnu::always_inline]] void begin_another(const T& object) noexcept {
    record_ = is_wanted(object) ? note(object, &ledger::begin_another) : nullptr;
  }
  /// A reference is about to be taken over. Returns false when there is none: the object has been
  /// released, which has been told, and its memory may be gone.
  template <class T>
  [[nodiscard, gnu::always_inline]] bool adopt(const T& object) noexcept {
    return !is_wanted(object) || note_adopted(object);
  }
  /// The reference is about to be put. Returns false when that must not happen any more.
  template <class T>
  [[nodiscard, gnu::always_inline]] bool end(const T& object) noexcept {
    if (record_ == nullptr) [[likely]]
      return true;
    return note_end(object);
  }
  void drop() noexcept {
    if (record_ != nullptr) ledger::drop(std::exchange(record_, nullptr));
  }
  void give() noexcept {
    if (record_ != nullptr) ledger::give(std::exchange(record_, nullptr));
  }
  void declare_existence(bool on) noexcept {
    if (record_ != nullptr) ledger::declare_existence(record_, on);
  }
  /// The handle goes, and the reference stays.
  void leave() noexcept {
    if (record_ != nullptr) ledger::move(std::exchange(record_, nullptr), nullptr);
  }
  void set_tag(const char* text) noexcept {
    if (record_ != nullptr) ledger::set_tag(record_, text);
  }
  void set_owner(const void* owner) noexcept {
    if (record_ != nullptr) ledger::set_owner(record_, owner);
  }

  friend void swap(holding& a, holding& b) noexcept {
    std::swap(a.record_, b.record_);
    a.placed();
    b.placed();
  }

 private:
  template <class T>
  static bool is_wanted(const T& object) noexcept {
    if (ledger::entry_of<T>().wants(ledger::known_by(object))) [[unlikely]]
      return true;
    return false;
  }
  // Out of line: what idles is to stay small enough to be inlined.
  template <class T>
  LASTOUT_OUT_OF_LINE ledger::record* note_begin(const T& object) noexcept {
    reference_access::tell_if_resurrected(object);
    return note(object, &ledger::begin);
  }
  template <class T>
  LASTOUT_OUT_OF_LINE ledger::record* note(const T& object, decltype(&ledger::begin) how) noexcept {
    return how(ledger::entry_of<T>(), ledger::known_by(object), As, this);
  }
  template <class T>
  LASTOUT_OUT_OF_LINE bool note_adopted(const T& object) noexcept {
    return ledger::adopt(ledger::entry_of<T>(), ledger::known_by(object), As, this, record_);
  }
  template <class T>
  LASTOUT_OUT_OF_LINE bool note_end(const T& object) noexcept {
    return ledger::end(ledger::entry_of<T>(), ledger::known_by(object),
                       std::exchange(record_, nullptr));
  }

  void placed() const noexcept {
    if (record_ != nullptr) [[unlikely]]
      ledger::move(record_, this);
  }

  ledger::record* record_ = nullptr;
};

}  // namespace LASTOUT_ABI
}  // namespace lastout
