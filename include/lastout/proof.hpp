// proof.hpp - what shows that an internal reference's memory cannot go away during a call.
//
// A proof is a guard that the caller holds: std::unique_lock or std::shared_lock of the mutex that
// guards the list, or a read-side guard of the domain that delays freeing. It is a parameter, so a
// call without one does not compile, nor does one with a guard of another type; a guard of another
// mutex of the same type, or one that does not hold it, is a violation in checked builds.
//
// std::lock_guard and std::scoped_lock are no proofs: they cannot say which mutex they hold.
//
// For a guard of your own, specialise:
//   template <> struct lastout::proof_of<my_read_guard> {
//     using domain_type = my_domain;
//     static const my_domain* held(const my_read_guard&) noexcept;   // nullptr when it holds
//                                                                    nothing
//   };

#pragma once

#include <concepts>
#include <mutex>
#include <shared_mutex>

#include <lastout/config.hpp>

namespace lastout {
inline namespace LASTOUT_ABI {

/// What a guard proves: which domain (a mutex, say) it holds. Specialise it for guards of your own.
template <class Guard>
struct proof_of {};

template <class Mutex>
struct proof_of<std::unique_lock<Mutex>> {
  using domain_type = Mutex;
  static const Mutex* held(const std::unique_lock<Mutex>& guard) noexcept {
    return guard.owns_lock() ? guard.mutex() : nullptr;
  }
};

template <class Mutex>
struct proof_of<std::shared_lock<Mutex>> {
  using domain_type = Mutex;
  static constexpr bool shared = true;
  static const Mutex* held(const std::shared_lock<Mutex>& guard) noexcept {
    return guard.owns_lock() ? guard.mutex() : nullptr;
  }
};

/// Guard is a proof that a domain of type Domain is held.
template <class Guard, class Domain>
concept proves = requires(const Guard& guard) {
  requires std::same_as<typename proof_of<Guard>::domain_type, Domain>;
  { proof_of<Guard>::held(guard) } noexcept -> std::same_as<const Domain*>;
};

/// The same, and nobody else holds the domain at the same time. Killing needs this.
template <class Guard, class Domain>
concept proves_alone = proves<Guard, Domain> && !requires { requires proof_of<Guard>::shared; };

}  // namespace LASTOUT_ABI
}  // namespace lastout
