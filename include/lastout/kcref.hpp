// kcref.hpp - the object outlives its last external reference, and is resurrected from a cache.
//
// Use kcref when a cache finds the object again after the last put(). If nothing does, kref is
// simpler.
//
//   state      external references   leaves it by
//   live       n >= 1                the last put: idle or dead, as idle() says
//   idle       none, findable        resurrect; kill_idle
//   dead       none                  nothing: unlink ran under the locks, release runs outside them
//   doomed     a live one of which some holder said kill: its last put does not ask idle()
//
// kcref<T, Lock...>: the last put takes the locks that guard the internal references, in the order
// of T's `locks()`, and then decides. Whoever holds any one of them excludes the decision; so
// resurrect needs one of them, and killing needs all.
//
// kcref<T>: no lock. The structure that finds T holds one reference of its own, the last put
// decides nothing, and reclaim() decides by freezing that reference: it fails when anybody else
// has one.
//
// Hooks of T, all noexcept, private ones with `friend lastout::reference_access`:
//   std::tuple<Lock&...> locks()      the locks, in the order of taking them, the same for life
//                                     (not for kcref<T>)
//   fate idle(const idle_proof&)      nobody uses it: keep (and put it on the idle list), or kill?
//   void unlink(const idle_proof&)    it is being killed: take it off every list, the idle list too
//                                     (optional for kcref<T>)
//   void release()                    it is dead, no lock is held; default: delete
//
// A put that reached zero may find the locks taken by somebody who revives the object, drops it and
// kills it. The object stays in place until that put has left: see count_step.hpp. Its last touch
// is leave(), after the unlocking. When it was the one to decide, and kept the object, the locks
// are all that protects it from the next killer: so any lock but the first may live inside the
// object.
//
// Source: Brown, LWN 336224, "The kcref style" and dput; Akaros's kref document, "Resurrecting";
// rules 26-37, 49.
// Record: docs/design/0005-kcref.md.

#pragma once

#include <concepts>
#include <cstdint>
#include <tuple>
#include <utility>

#include <lastout/external.hpp>
#include <lastout/killed.hpp>
#include <lastout/proof.hpp>
#include <lastout/refcount.hpp>
#include <lastout/release.hpp>

namespace lastout {
inline namespace LASTOUT_ABI {

/// What becomes of an object that nobody uses.
enum class fate : std::uint8_t { keep, kill };

template <class T, class... Lock>
class kcref {
 public:
  using counted_root = T;

  /// Shows that every lock is held and that nobody has a reference. Only the style makes one.
  class idle_proof {
    friend class kcref;
    constexpr idle_proof() noexcept = default;
  };

  kcref(const kcref&) = delete;
  kcref& operator=(const kcref&) = delete;

  /// Takes an external reference, from an idle object too.
  /// Requires  an internal reference, and one of T's locks, held since before it was read.
  /// Returns   the reference.
  /// Order     acquire, on top of what the lock orders.
  /// Fails     violation::resurrect_once_dead when it is dead: unlink() forgot a list. Empty then.
  ///           Checked builds: violation::lock_not_held, wrong_lock; empty then.
  template <class Proof>
    requires(proves<Proof, Lock> || ...)
  [[nodiscard]] external<T> resurrect(const Proof& proof) noexcept {
    if (!holds(proof, "resurrect")) return {};
    if (!word_.resurrect(who())) {
      report(violation::resurrect_once_dead, who(), "resurrect", 0, name(word_.state()));
      return {};
    }
    reference_access::tell(*self(), event::resurrected);
    return reference_access::hand_out<external<T>>(*self());
  }

  /// Kills the object if it is idle: unlink() runs now, release when the token goes.
  /// Requires  all of T's locks, in the order of locks(), none of them shared with others.
  /// Returns   a token, empty when somebody uses the object.
  template <class... Proof>
    requires(sizeof...(Proof) == sizeof...(Lock) && (proves_alone<Proof, Lock> && ...))
  [[nodiscard]] killed<T> kill_idle(const Proof&... proof) noexcept {
    if (!hold_each(std::index_sequence_for<Lock...>{}, proof...)) return {};
    if (word_.state() != count_state::idle)
      return {};  // stable: idle is left under a lock that we hold
    return kill();
  }

  /// True when nobody uses the object and it may be resurrected. A fact only under one of the
  /// locks.
  [[nodiscard]] bool idle_now() const noexcept { return word_.state() == count_state::idle; }
  /// True before birth and once the object has been killed.
  [[nodiscard]] bool dead() const noexcept { return word_.dead(); }
  /// The external references at some moment during the call. For reports only: see rule 12.
  [[nodiscard]] std::uint32_t references() const noexcept { return word_.references(); }

 protected:
  constexpr kcref() noexcept = default;
  ~kcref() {
    if (!word_.dead()) [[unlikely]]
      report(violation::destroyed_in_use, {type_name<T>(), this}, "destroy", word_.references());
  }

 private:
  friend struct reference_access;

  static constexpr bool may_be_refused = true;  // no structure has a reference of its own

  void birth_reference() noexcept { word_.birth(1, who()); }
  void get_reference() const noexcept { word_.get(who()); }
  void get_references(std::uint32_t n) const noexcept { word_.get(n, who()); }
  bool get_reference_not_zero() const noexcept { return word_.get_not_zero(who()); }
  void doom_reference() const noexcept { word_.doom(0, who()); }
  void put_reference() const noexcept {
    if (word_.put_to_zero(who())) [[unlikely]]
      const_cast<kcref*>(this)->put_and_lock();
  }

  // The last put: the locks, the retest, the decision.
  LASTOUT_OUT_OF_LINE void put_and_lock() noexcept {
    if constexpr (in_ledger<T>) chaos_before_the_locks();
    const std::tuple<Lock&...> locks = reference_access::locks(*self());
    for (;;) {
      if constexpr (in_ledger<T>) {
        lock_as_release(locks);
      } else {
        lock(locks);
      }
      const settled outcome = word_.settle(count_state::idle);
      if (outcome != settled::not_ours) {
        const idle_proof proof;
        killed<T> gone;
        if (outcome == settled::ours_doomed || reference_access::idle(*self(), proof) == fate::kill)
          gone = kill();
        if constexpr (in_ledger<T>) {
          if (!gone && resurrected_by_chaos()) {
            unlock(locks);
            return put_reference();
          }
        }
        unlock(locks);
        return release_in_turn(gone);
      }
      unlock(locks);
      if (word_.leave(who())) return;
    }
  }

  // The ledger's checks learn which locks a last put takes.
  void lock_as_release(const std::tuple<Lock&...>& locks) const noexcept {
    ledger::type_entry& entry = ledger::entry_of<T>();
    if (!entry.wants_each_event()) return lock(locks);
    ledger::releases(entry, self());
    lock(locks);
    ledger::released();
  }
  void chaos_before_the_locks() const noexcept {
    ledger::type_entry& entry = ledger::entry_of<T>();
    if (entry.wants_each_event()) [[unlikely]]
      ledger::dawdle(entry);
  }
  // With the locks held, of an object that is idle: as a look-up would that came just now.
  bool resurrected_by_chaos() noexcept {
    ledger::type_entry& entry = ledger::entry_of<T>();
    if (!entry.wants_each_event() || !ledger::resurrects(entry)) [[likely]]
      return false;
    (void)word_.resurrect(who());  // idle, or saturated by misuse: neither refuses
    reference_access::tell(*self(), event::resurrected);
    return true;
  }

  // With no lock held. In turn, not at once: a chain of parents does not recurse.
  static void release_in_turn(killed<T>& gone) noexcept {
    if (gone) run_release(*gone.take());
  }

  killed<T> kill() noexcept {
    static_assert(
        reference_access::has_unlink<T>,
        "kcref needs void unlink(const idle_proof&): who is killed must be off every list");
    reference_access::unlink(*self(), idle_proof{});
    if (!word_.bury(who())) return {};  // misuse has saturated the word: leak it
    reference_access::tell(*self(), event::killed);
    return killed<T>(*self());
  }

  static void lock(const std::tuple<Lock&...>& locks) noexcept {
    std::apply([](Lock&... each) noexcept { (each.lock(), ...); }, locks);
  }

  template <std::size_t Left = sizeof...(Lock)>
  static void unlock(const std::tuple<Lock&...>& locks) noexcept {
    if constexpr (Left != 0) {
      std::get<Left - 1>(locks).unlock();
      unlock<Left - 1>(locks);
    }
  }

  template <class Proof>
  bool holds([[maybe_unused]] const Proof& proof,
             [[maybe_unused]] const char* operation) const noexcept {
    if constexpr (checked_build) {
      const void* const held = proof_of<Proof>::held(proof);
      const bool ours =
          std::apply([held](const auto&... each) noexcept { return ((held == &each) || ...); },
                     reference_access::locks(*self()));
      if (ours) [[likely]]
        return true;
      report(held == nullptr ? violation::lock_not_held : violation::wrong_lock, who(), operation);
      return false;
    } else {
      return true;
    }
  }

  // Each proof is of its own lock, in the order of locks().
  template <std::size_t... I, class... Proof>
  bool hold_each(std::index_sequence<I...>, [[maybe_unused]] const Proof&... proof) const noexcept {
    if constexpr (checked_build) {
      const auto locks = reference_access::locks(*self());
      if (((proof_of<Proof>::held(proof) == &std::get<I>(locks)) && ...)) [[likely]]
        return true;
      const bool all_held = ((proof_of<Proof>::held(proof) != nullptr) && ...);
      report(all_held ? violation::wrong_lock : violation::lock_not_held, who(), "kill_idle");
      return false;
    } else {
      return true;
    }
  }

  T* self() const noexcept { return const_cast<T*>(static_cast<const T*>(this)); }
  subject who() const noexcept { return {type_name<T>(), static_cast<const T*>(this)}; }

  mutable refcount word_;
};

/// The variant without a lock: decides by freeze.
template <class T>
class kcref<T> {
 public:
  using counted_root = T;

  /// Shows that the object is frozen or dead: nobody has a reference, nobody can get one.
  class idle_proof {
   public:
    /// True inside reclaim(), with its caller's locks held; false in the last put of a doomed
    /// object, which holds none.
    [[nodiscard]] constexpr bool reclaimed() const noexcept { return reclaimed_; }

   private:
    friend class kcref;
    constexpr explicit idle_proof(bool reclaimed) noexcept : reclaimed_(reclaimed) {}
    bool reclaimed_;
  };

  kcref(const kcref&) = delete;
  kcref& operator=(const kcref&) = delete;

  /// Proposes the object for eviction: frozen if only the structure's own reference is left, asked,
  /// and killed or unfrozen.
  /// Requires  an internal reference whose memory stays during the call.
  /// Returns   a token, empty when somebody uses the object or idle() said keep.
  /// Order     acquire: idle() sees what every holder wrote.
  [[nodiscard]] killed<T> reclaim() noexcept {
    if (!word_.freeze(1)) return {};
    const idle_proof proof(true);
    if (reference_access::idle(*self(), proof) == fate::keep) {
      word_.unfreeze(1, who());
      return {};
    }
    reference_access::unlink(*self(), proof);
    if (!word_.bury(who())) return {};  // misuse has saturated the word: leak it
    reference_access::tell(*self(), event::killed);
    return killed<T>(*self());
  }

  /// True before birth and once the object has been killed.
  [[nodiscard]] bool dead() const noexcept { return word_.dead(); }
  /// The external references at some moment during the call, the structure's own left out. For
  /// reports only: see rule 12.
  [[nodiscard]] std::uint32_t references() const noexcept {
    const std::uint32_t all = word_.references();
    return word_.doomed() || all == 0 ? all : all - own;
  }

 protected:
  constexpr kcref() noexcept = default;
  ~kcref() {
    if (!word_.dead()) [[unlikely]]
      report(violation::destroyed_in_use, {type_name<T>(), this}, "destroy", word_.references());
  }

 private:
  friend struct reference_access;

  static constexpr std::uint32_t own = 1;  // the structure's reference

  void birth_reference() noexcept { word_.birth(own + 1, who()); }
  void get_reference() const noexcept { word_.get(who()); }
  void get_references(std::uint32_t n) const noexcept { word_.get(n, who()); }
  bool get_reference_not_zero() const noexcept { return word_.get_not_zero(who()); }
  void doom_reference() const noexcept { word_.doom(own, who()); }
  void put_reference() const noexcept {
    if (word_.put_to_zero(who())) [[unlikely]]
      last_put();
  }

  // Only a doomed object comes here: the structure's own reference went with the dooming. Else a
  // put too many has taken that reference, and the structure still finds the object: leak it.
  LASTOUT_OUT_OF_LINE void last_put() const noexcept {
    for (;;) {
      const settled outcome = word_.settle(count_state::dead);
      if (outcome == settled::ours_doomed) break;
      if (outcome == settled::ours) return report(violation::put_at_zero, who(), "put", 0, "dead");
      if (word_.leave(who())) return;
    }
    reference_access::unlink(*self(), idle_proof(false));
    reference_access::tell(*self(), event::killed);
    run_release(*self());
  }

  T* self() const noexcept { return const_cast<T*>(static_cast<const T*>(this)); }
  subject who() const noexcept { return {type_name<T>(), static_cast<const T*>(this)}; }

  mutable refcount word_;
};

}  // namespace LASTOUT_ABI
}  // namespace lastout
