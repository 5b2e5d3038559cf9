// internal.hpp - what a list or a table holds about its own objects: it does not keep them alive.
//
// An internal reference cannot be dereferenced. Its use is to become an external one, which may
// fail (the object is on its way out), and needs proof that the memory stays during the call: the
// guard of the list's lock, or a read-side guard. Lock the list, take the internal reference,
// get_not_zero, unlock: one critical section. The object takes itself off the list, under the same
// lock, in its release (kref) or in its unlink (kcref), before its memory goes.
//
// A list that belongs to another subsystem than the object holds external references instead.
//
// Source: rules 4, 5, 16-20, 25, 26; Akaros's kref document. Record:
// docs/design/0004-kinds-of-reference.md.

#pragma once

#include <functional>
#include <type_traits>

#include <lastout/external.hpp>
#include <lastout/proof.hpp>

namespace lastout {
inline namespace LASTOUT_ABI {

/// Domain is what keeps the memory in place: the type of the lock that guards the list.
template <class T, class Domain = std::mutex>
class internal {
 public:
  constexpr internal() noexcept = default;

  /// Requires  `object` stays in memory while `domain` is held and this reference is in its list.
  internal(T& object, [[maybe_unused]] const Domain& domain) noexcept : object_(&object) {
    if constexpr (checked_build) guarded_.by = &domain;
  }

  /// Makes an external reference from this one, unless the object is on its way out.
  /// Returns   the reference (external<T>, or what the style says: active<T> of a dual); empty when
  ///           the object is idle, closed, dying or dead, or this one is empty.
  /// Order     acquire, on top of whatever the proof's lock orders.
  /// Fails     checked builds: violation::lock_not_held, wrong_lock; empty then.
  /// Cost      one atomic add; for a dual a compare-exchange.
  template <proves<Domain> Proof>
  [[nodiscard]] auto get_not_zero(const Proof& proof) const noexcept
    requires(reference_access::has_get_not_zero<std::remove_const_t<T>>)
  {
    if constexpr (reference_access::has_handle<T>) {
      return promote<typename T::handle_type>(proof);
    } else {
      return promote<external<T>>(proof);
    }
  }

  /// Makes an external reference from this one, even when the object is idle. For styles that keep
  /// (kcref).
  /// Returns   the reference; empty when this one is, or as below.
  /// Fails     violation::resurrect_once_dead, when the object is dead: unlink() forgot a list.
  ///           Empty then.
  template <proves<Domain> Proof>
  [[nodiscard]] external<T> resurrect(const Proof& proof) const noexcept
    requires requires(T& object) { object.resurrect(proof); }
  {
    if (object_ == nullptr || !holds(proof, "resurrect")) return {};
    return object_->resurrect(proof);
  }

  /// True when this refers to that object: for taking it off a list.
  [[nodiscard]] bool refers_to(const T& object) const noexcept { return object_ == &object; }
  [[nodiscard]] explicit operator bool() const noexcept { return object_ != nullptr; }
  friend bool operator==(const internal& a, const internal& b) noexcept {
    return a.object_ == b.object_;
  }

 private:
  struct bound {
    const Domain* by = nullptr;
  };
  struct unbound {};

  template <class Handle, class Proof>
  Handle promote(const Proof& proof) const noexcept {
    if (object_ == nullptr || !holds(proof, "get_not_zero")) return {};
    if (!reference_access::promote(*object_)) return {};
    return reference_access::hand_out<Handle>(*object_);
  }

  template <class Proof>
  bool holds([[maybe_unused]] const Proof& proof,
             [[maybe_unused]] const char* operation) const noexcept {
    if constexpr (checked_build) {
      const Domain* const held = proof_of<Proof>::held(proof);
      if (held == guarded_.by) [[likely]]
        return true;
      report(held == nullptr ? violation::lock_not_held : violation::wrong_lock,
             {type_name<T>(), object_}, operation);
      return false;
    } else {
      return true;
    }
  }

  T* object_ = nullptr;
  [[no_unique_address]] std::conditional_t<checked_build, bound, unbound> guarded_;
};

}  // namespace LASTOUT_ABI
}  // namespace lastout
