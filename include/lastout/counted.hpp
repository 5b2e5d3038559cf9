// counted.hpp - what a style is: the few operations that handles need, and no more.
//
// kref, kcref, plain and dual are styles; "you can never assume you have encapsulated all possible
// reference counting styles" (Brown), so here is what a style of your own supplies, as members,
// private ones with `friend lastout::reference_access`:
//
//   using counted_root = ...                      the class whose release the last put runs
//   void birth_reference() noexcept               it is initialised: its first reference
//   void get_reference() const noexcept           one more, from one that exists
//   void put_reference() const noexcept           one back; what the last one does is the style
//
// and, if the style has it:
//
//   bool get_reference_not_zero() noexcept        one more from an internal reference, or false
//   bool get_reference_unnoticed() noexcept       the same, when that is not a use of the object
//   void unfind_reference() noexcept              gives back what was found and not looked for
//   bool reference_was_idle() const noexcept      after get_reference_not_zero(): nobody but the
//                                                 structure had it. For observe() and the ledger
//   void doom_reference() const noexcept          when this goes, do not keep it
//   using handle_type = ...                       what internal<T> makes, when not external<T>
//   static void observe(event, std::uint32_t n)   in T: told of each event, n of them at once;
//                                                 nothing is compiled in where there is none
//
// Record: docs/design/0004-kinds-of-reference.md.

#pragma once

#include <cstdint>
#include <new>
#include <type_traits>

#include <lastout/config.hpp>
#include <lastout/entry_of.hpp>
#include <lastout/event.hpp>
#include <lastout/in_ledger.hpp>
#include <lastout/probe.hpp>

namespace lastout {
inline namespace LASTOUT_ABI {

namespace counted_detail {

// A name that T has too is ambiguous in here, whatever its access: so a hook that the core may not
// call is told from one that is not there.
struct hook_names {
  void release();
  void unlink();
  void deactivate();
};
template <class T>
struct with_hook_names : T, hook_names {};

template <class T>
concept names_release = !std::is_final_v<T> && !requires { &with_hook_names<T>::release; };
template <class T>
concept names_unlink = !std::is_final_v<T> && !requires { &with_hook_names<T>::unlink; };
template <class T>
concept names_deactivate = !std::is_final_v<T> && !requires { &with_hook_names<T>::deactivate; };

}  // namespace counted_detail

/// The door through which handles reach a style's private operations. Befriend it, do not call it.
struct reference_access {
  template <class T>
  static void birth(T& object) noexcept {
    tell(object, event::born);
    object.birth_reference();
  }
  template <class T>
  [[gnu::always_inline]] static void get(T& object) noexcept {
    object.get_reference();
    tell(object, event::got);
  }
  template <class T>
  static void get(T& object, std::uint32_t n) noexcept {
    object.get_references(n);
    tell(object, event::got, n);
  }
  template <class T>
  [[gnu::always_inline]] static void put(T& object) noexcept {
    tell(object, event::put);  // before: after a put there may be nothing to tell of
    object.put_reference();
  }
  template <class T>
  [[gnu::always_inline]] static bool get_not_zero(T& object) noexcept {
    if constexpr (has_observe<T> && requires { object.reference_was_idle(); }) {
      if (!object.get_reference_not_zero()) return tell_whether_got(object, false);
      if (!object.reference_was_idle()) return tell_whether_got(object, true);
      tell(object, event::resurrected);
      return true;
    }
    return tell_whether_got(object, object.get_reference_not_zero());
  }
  // From an internal reference: where any of those may be refused, chaos refuses some.
  template <class T>
  static bool promote(T& object) noexcept {
    if constexpr (in_ledger<T> && requires { T::may_be_refused; }) {
      ledger::type_entry& entry = ledger::entry_of<T>();
      if (entry.wants_each_event() && ledger::refuses(entry)) [[unlikely]] {
        tell(object, event::refused);
        return false;
      }
    }
    return get_not_zero(object);
  }
  // For who finds an object without wanting it: a style may count hits.
  template <class T>
  static bool get_unnoticed(T& object) noexcept {
    if constexpr (requires { object.get_reference_unnoticed(); }) {
      return tell_whether_got(object, object.get_reference_unnoticed());
    } else {
      return get_not_zero(object);
    }
  }
  // Gives back what get_not_zero() took of an object that was not the one looked for.
  template <class T>
  static void unfind(T& object) noexcept {
    tell(object, event::put);
    if constexpr (requires { object.unfind_reference(); }) {
      object.unfind_reference();
    } else {
      object.put_reference();
    }
  }
  template <class T>
  static void doom(T& object) noexcept {
    object.doom_reference();
  }
  /// Requires  a constant `what`: of all that this may be, what is compiled in is an instruction or
  ///           two.
  template <class T>
  [[gnu::always_inline]] static void tell([[maybe_unused]] T& object, [[maybe_unused]] event what,
                                          [[maybe_unused]] std::uint32_t n = 1) noexcept {
    if constexpr (has_observe<T>) std::remove_const_t<T>::observe(what, n);
    if constexpr (in_ledger<T>) {
      probe(what, type_name<std::remove_const_t<T>>(), ledger::known_by(object), n);
      // What is got and put is told by the handles: they know who holds.
      if (what != event::got && what != event::put &&
          ledger::entry_of<T>().wants(ledger::known_by(object))) [[unlikely]]
        ledger::happened(ledger::entry_of<T>(), ledger::known_by(object), what);
    }
  }
  template <class T>
  [[gnu::always_inline]] static bool tell_whether_got(T& object, bool got) noexcept {
    if (got) [[likely]] {
      tell(object, event::got);
    } else {
      tell(object, event::refused);
    }
    return got;
  }
  // For the ledger, of what has just been got. Who has observe() has been told.
  template <class T>
  static void tell_if_resurrected([[maybe_unused]] T& object) noexcept {
    if constexpr (!has_observe<T> && requires { object.reference_was_idle(); }) {
      if (object.reference_was_idle()) tell(object, event::resurrected);
    }
  }

  /// The handle of a reference that has just been counted: a style's own adopt().
  template <class Handle, class T, class... Argument>
  [[nodiscard]] static Handle hand_out(T& counted_now, Argument... argument) noexcept {
    return Handle(counted_now, argument...);
  }
  /// Takes the reference off a handle whose object has ended without a put.
  template <class Handle>
  static void forget(Handle& ended) noexcept {
    ended.holding_.drop();
    ended.object_ = nullptr;
  }

  template <class T>
  static constexpr bool is_counted = requires(const T& object, T& born) {
    typename T::counted_root;
    { object.get_reference() } noexcept;
    { object.put_reference() } noexcept;
    { born.birth_reference() } noexcept;
  };
  template <class T>
  static constexpr bool has_get_not_zero = requires(T& object) {
    { object.get_reference_not_zero() } noexcept;
  };
  template <class T>
  static constexpr bool has_get_many =
      requires(const T& object) { object.get_references(std::uint32_t{}); };
  template <class T>
  static constexpr bool has_observe =
      requires { std::remove_const_t<T>::observe(event{}, std::uint32_t{}); };
  template <class T>
  static constexpr bool has_handle = requires { typename T::handle_type; };
  template <class T>
  static constexpr bool has_doom = requires(const T& object) { object.doom_reference(); };
  template <class T>
  static constexpr bool has_release = requires(T& object) { object.release(); };
  template <class T>
  static constexpr bool has_deactivate = requires(T& object) { object.deactivate(); };
  template <class T>
  static constexpr bool has_unlink =
      requires(T& object, const typename T::idle_proof& proof) { object.unlink(proof); };

  // An operator delete of the type's own: what it was given is to come back to it, at once.
  template <class T>
  static constexpr bool has_operator_delete =
      requires(void* m) { T::operator delete(m); } ||
      requires(void* m, std::size_t n) { T::operator delete(m, n); } ||
      requires(void* m, std::align_val_t a) { T::operator delete(m, a); } ||
      requires(void* m, std::size_t n, std::align_val_t a) { T::operator delete(m, n, a); } ||
      requires(T* m, std::destroying_delete_t d) { T::operator delete(m, d); };

  /// The object's own release() hook, else delete.
  template <class T>
  static void release(T& object) noexcept {
    tell(object, event::released);
    if constexpr (in_ledger<T>) {
      ledger::type_entry& entry = ledger::entry_of<T>();
      if (entry.wants_each_event()) [[unlikely]] {
        ledger::releases(entry, ledger::known_by(object));
        run_release_hook(object);
        return ledger::released();
      }
    }
    run_release_hook(object);
  }
  template <class T>
  static void run_release_hook(T& object) noexcept {
    if constexpr (has_release<T>) {
      static_assert(noexcept(object.release()), "release() runs in a put: declare it noexcept");
      object.release();
    } else {
      static_assert(
          !counted_detail::names_release<T>,
          "release() cannot be called: it is `void release() noexcept`, and a private one "
          "needs `friend lastout::reference_access`");
      free(object);
    }
  }
  // Deletes the object; or destroys it, and lets the ledger keep its memory a while.
  template <class T>
  static void free(T& object) noexcept {
    if constexpr (in_ledger<T> && !std::is_polymorphic_v<T> && !has_operator_delete<T>) {
      if (ledger::keeps_freed(ledger::entry_of<T>(), &object)) [[unlikely]] {
        object.~T();
        return ledger::keep_freed(ledger::entry_of<T>(), &object, sizeof(T),
                                  [](void* memory) noexcept { give_back<T>(memory); });
      }
    }
    delete &object;
  }
  template <class T>
  static void give_back(void* memory) noexcept {
    if constexpr (alignof(T) > __STDCPP_DEFAULT_NEW_ALIGNMENT__) {
      ::operator delete(memory, std::align_val_t{alignof(T)});
    } else {
      ::operator delete(memory);
    }
  }
  template <class T>
  static void deactivate(T& object) noexcept {
    if constexpr (has_deactivate<T>) {
      static_assert(noexcept(object.deactivate()),
                    "deactivate() runs in a put: declare it noexcept");
      object.deactivate();
    } else {
      static_assert(!counted_detail::names_deactivate<T>,
                    "deactivate() cannot be called: it is `void deactivate() noexcept`, and a "
                    "private one needs `friend lastout::reference_access`");
    }
  }
  template <class T, class Proof>
  static auto idle(T& object, const Proof& proof) noexcept {
    static_assert(noexcept(object.idle(proof)), "idle() runs in a put: declare it noexcept");
    return object.idle(proof);
  }
  template <class T, class Proof>
  static void unlink(T& object, const Proof& proof) noexcept {
    if constexpr (has_unlink<T>) {
      static_assert(noexcept(object.unlink(proof)), "unlink() runs in a put: declare it noexcept");
      object.unlink(proof);
    } else {
      static_assert(
          !counted_detail::names_unlink<T>,
          "unlink() cannot be called: it is `void unlink(const idle_proof&) noexcept`, and "
          "a private one needs `friend lastout::reference_access`");
    }
  }
  template <class T>
  static auto locks(const T& object) noexcept {
    return const_cast<T&>(object).locks();
  }
};

/// A type whose objects are counted, by one of our styles or by one of yours.
template <class T>
concept counted = reference_access::is_counted<std::remove_const_t<T>>;

namespace counted_detail {

template <class T>
using root = typename std::remove_const_t<T>::counted_root;

// A concept, so that no compiler looks into a T that is not complete yet: external<T> may be a
// member of T.
template <class A, class B>
concept same_root = std::is_same_v<root<A>, root<B>>;

// struct T : kref<T>, or derived from one that is; not kref<something else>.
template <class T>
concept rooted = std::is_base_of_v<root<T>, std::remove_const_t<T>>;

// The last put of any handle runs the release of the root. For an object of a derived class this is
// right when the root's destructor is virtual, or when the root has a release() that knows what it
// does.
template <class T>
concept released_whole =
    std::is_same_v<std::remove_const_t<T>, root<T>> || std::has_virtual_destructor_v<root<T>> ||
    reference_access::has_release<root<T>>;

}  // namespace counted_detail
}  // namespace LASTOUT_ABI
}  // namespace lastout
