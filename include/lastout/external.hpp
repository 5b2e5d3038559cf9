// external.hpp - a counted reference that means "in use": whoever has one may use the object.
//
// One pointer wide. A copy gets, a move only moves, destruction puts. Objects are born holding one,
// returned by make(). A function that only uses the object during the call takes T& (a borrowed
// reference); one that keeps it takes external<T> by value; one that hands out an owned reference
// returns external<T>. So the signature says borrows, consumes or returns owned, and a reference
// that was consumed is put on every path.
//
// Use internal<T> for what a list or a table holds about its own objects: it does not mean "in
// use".
//
// Where the ledger is compiled in for T it is two pointers wide: the ledger knows each reference,
// and where it is. The second parameter says so, so that two builds do not link; leave it to its
// default.
//
// Source: rules 1-3, 7, 47, 50, 51, 54, 65, 66. Record: docs/design/0004-kinds-of-reference.md,
// 0018-ledger.md.

#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <new>
#include <span>
#include <utility>

#include <lastout/counted.hpp>
#include <lastout/holding.hpp>
#include <lastout/not_empty.hpp>
#include <lastout/type_name.hpp>
#include <lastout/violation.hpp>

namespace lastout {
inline namespace LASTOUT_ABI {

template <class T, bool InLedger = in_ledger<T>>
class external {
 public:
  constexpr external() noexcept = default;
  constexpr external(std::nullptr_t) noexcept {
  }  // NOLINT(google-explicit-constructor): the empty reference

  external(const external& other) noexcept {
    T* const object = other.object_;
    if (object != nullptr) {
      reference_access::get(*object);
      holding_.begin_another(*object);
    }
    object_ = object;
  }
  external(external&& other) noexcept
      : object_(std::exchange(other.object_, nullptr)), holding_(std::move(other.holding_)) {}

  /// From a reference to a derived class, where the last put still releases the whole object.
  template <class Derived>
    requires(!std::same_as<Derived, T> && std::convertible_to<Derived*, T*> && counted<Derived> &&
             counted_detail::same_root<Derived, T> && counted_detail::released_whole<Derived>)
  external(external<Derived, InLedger> other) noexcept
      : object_(std::exchange(other.object_, nullptr)), holding_(std::move(other.holding_)) {}

  // The old object is put after the slot has changed: rule 47. Operands by reference: clang 14 does
  // not destroy one by value that a template writes as {}.
  // NOLINTNEXTLINE(bugprone-unhandled-self-assignment): copies before it changes anything
  external& operator=(const external& other) noexcept {
    external taken = other;
    swap(*this, taken);
    return *this;
  }
  external& operator=(external&& other) noexcept {
    external taken = std::move(other);
    swap(*this, taken);
    return *this;
  }

  [[gnu::always_inline]] ~external() {
    static_assert(
        counted<T>,
        "external<T> needs a counted T: derive it from kref, kcref, plain, or a style of yours");
    static_assert(counted_detail::rooted<T>,
                  "the style's first argument is the type itself: struct T : kref<T>");
    static_assert(
        counted_detail::released_whole<T>,
        "the last put would delete the root, not this derived class: give the root a virtual "
        "destructor or a release() of its own");
    if (object_ != nullptr && holding_.end(*object_)) reference_access::put(*object_);
  }

  /// Takes one more reference, from one that the caller borrows.
  /// Requires  somebody holds an external reference during the call.
  /// Cost      one atomic add.
  [[nodiscard]] static external get(T& borrowed) noexcept {
    reference_access::get(borrowed);
    external taken;
    if (none_to_take(borrowed)) return taken;  // that has been reported
    taken.holding_.begin_another(borrowed);
    taken.object_ = &borrowed;
    return taken;
  }

  /// Takes one reference for each handle of `into`, which are empty, with one atomic add for all.
  static void get_each(T& borrowed, std::span<external> into) noexcept
    requires(reference_access::has_get_many<std::remove_const_t<T>>)
  {
    if (into.empty()) return;
    reference_access::get(borrowed, static_cast<std::uint32_t>(into.size()));
    for (external& each : into) each = external(borrowed);
  }

  /// Takes over a reference that is counted already: from leak(), or from C code.
  /// Returns   the reference; empty when there was none to take over, and that was noticed.
  /// Fails     violation::adopt_once_dead then: in checked builds, and whenever the ledger knows that
  ///           the object has been released, without touching it.
  [[nodiscard]] static external adopt(T* counted_already) noexcept {
    external taken;
    if (counted_already == nullptr) return taken;
    if (!taken.holding_.adopt(*counted_already)) return taken;
    if (none_to_take(*counted_already)) {
      taken.holding_.drop();
      report(violation::adopt_once_dead, {type_name<T>(), counted_already}, "adopt");
      return taken;
    }
    taken.object_ = counted_already;
    return taken;
  }

  /// Gives the reference away without a put: to C code, or to adopt().
  [[nodiscard]] T* leak() noexcept {
    holding_.give();
    return std::exchange(object_, nullptr);
  }

  /// Gives the reference back now; the handle is empty before the object is put.
  void put() noexcept { external gone = std::move(*this); }

  /// Says that the object is not to be kept when its last reference goes, whoever puts that one.
  /// Requires  a style that keeps (kcref); not empty.
  void kill_on_put() noexcept
    requires(reference_access::has_doom<std::remove_const_t<T>>)
  {
    reference_access::doom(*not_empty(object_));
  }

  /// For the ledger's reports: what this reference is for. Static text; a holder_tag names all that
  /// are taken in a scope.
  void note_holder(const char* text) noexcept { holding_.set_tag(text); }
  /// For the ledger: the object, counted too, that keeps this reference, where the ledger cannot see
  /// it: this handle does not lie in that object itself, but in memory that it has.
  template <class Owner>
  void note_owner(const Owner& owner) noexcept {
    holding_.set_owner(ledger::known_by(owner));
  }

  [[nodiscard]] T& operator*() const noexcept { return *not_empty(object_); }
  [[nodiscard]] T* operator->() const noexcept { return not_empty(object_); }
  /// The object's address, or nullptr: a borrowed reference for as long as this one lives.
  [[nodiscard]] T* address() const noexcept { return object_; }
  [[nodiscard]] explicit operator bool() const noexcept { return object_ != nullptr; }

  friend bool operator==(const external& a, const external& b) noexcept {
    return a.object_ == b.object_;
  }
  friend bool operator==(const external& a, const T* b) noexcept { return a.object_ == b; }
  friend void swap(external& a, external& b) noexcept {
    std::swap(a.object_, b.object_);
    swap(a.holding_, b.holding_);
  }

 private:
  friend struct reference_access;
  template <class, bool>
  friend class external;
  template <class>
  friend class existence_ref;

  // Looked at in checked builds only.
  static bool none_to_take([[maybe_unused]] const T& object) noexcept {
    if constexpr (checked_build && requires { object.dead(); }) {
      return object.dead();
    } else {
      return false;
    }
  }
  // Of a reference that has just been counted.
  explicit external(T& counted_now) noexcept {
    holding_.begin(counted_now);
    object_ = &counted_now;
  }

  T* object_ = nullptr;
  [[no_unique_address]] holding<InLedger> holding_;
};

/// Makes an object and its first external reference. The count is set when the constructor has
/// returned, so that an object under construction cannot be got.
/// Without arguments an object on a slab is `new T`, not `new T()`: members that nobody initialises
/// hold anything, and are not zero.
/// Returns   the reference; empty when there is no memory.
/// Fails     with whatever the constructor throws; nothing is leaked then.
template <counted T, class... Argument>
[[nodiscard]] external<T> make(Argument&&... argument) {
  static_assert(
      !requires { typename T::parent_type; },
      "a plain child is made by its parent: parent.add(...)");
  T* born = nullptr;
  if constexpr (sizeof...(Argument) == 0 && requires { typename T::memory_type; }) {
    born = new (std::nothrow) T;  // T() may be all zero first, and zero is a live word
  } else {
    born = new (std::nothrow) T(std::forward<Argument>(argument)...);
  }
  if (born == nullptr) return {};
  reference_access::birth(*born);
  return reference_access::hand_out<external<T>>(*born);
}

}  // namespace LASTOUT_ABI
}  // namespace lastout

template <class T, bool InLedger>
struct std::hash<lastout::external<T, InLedger>> {
  std::size_t operator()(const lastout::external<T, InLedger>& reference) const noexcept {
    return std::hash<T*>{}(reference.address());
  }
};
