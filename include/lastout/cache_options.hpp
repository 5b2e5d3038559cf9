// cache_options.hpp - what a cache is told when it is made.

#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>

#include <lastout/cache_statistics.hpp>

namespace lastout {
inline namespace LASTOUT_ABI {

/// What becomes of a newcomer when what is in use leaves no room for it.
enum class at_limit : std::uint8_t {
  overshoot,  // it enters all the same; who is idle goes
  refuse,     // the caller gets an empty reference; who is idle stays, once it is known
  wait,       // until there is room, or wait_max has passed: then it is refused
};

inline constexpr std::uint64_t no_limit = std::numeric_limits<std::uint64_t>::max();

template <class T>
struct cache_options {
  std::uint64_t idle_charge_max = 0;           // what is kept in the hope that it is asked for
  std::uint64_t pinned_charge_max = no_limit;  // what is in use besides, as far as evictions met it
  std::uint64_t charge_max = no_limit;         // both; room is looked for when the object is made
  at_limit when_full = at_limit::overshoot;
  std::chrono::nanoseconds wait_max = std::chrono::seconds(1);
  // Negative entries; 0: none. None either where no Key can be made of what KeyOf names.
  std::size_t absent_max = 0;
  // Called once for each entry that leaves, when nobody has it or can get it any more, with no lock
  // of the cache's held. It does not throw: that ends the program. What never was an entry (refused, or another one had its
  // name) and what outlives the cache it does not hear of: what an object owns belongs into its
  // destructor. Neither this nor release() asks the cache to create; whatever lock they take is not
  // held by who asks it to.
  std::function<void(T&, eviction)> on_evict = {};
};

}  // namespace LASTOUT_ABI
}  // namespace lastout
