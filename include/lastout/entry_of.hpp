// entry_of.hpp - a counted type, as the ledger sees it: made by the compiler, one for each type.

#pragma once

#include <cstdint>
#include <type_traits>

#include <lastout/ledger_door.hpp>
#include <lastout/type_name.hpp>

namespace lastout::ledger {
namespace entry_detail {

template <class T>
const T& as(const void* object) noexcept {
  return *static_cast<const T*>(object);
}

// False for a count that only its own thread may look at.
template <class T>
concept seen_by_any_thread = !requires { typename T::word_type::bound_to_its_thread; };

template <class T>
concept counted_twice = seen_by_any_thread<T> && requires(const T& object) {
  object.active_references();
  object.passive_references();
  object.inactive();
};

template <class T>
concept counted_once = seen_by_any_thread<T> && requires(const T& object) { object.references(); };

template <class T>
std::uint32_t references(const void* object) noexcept {
  if constexpr (counted_twice<T>) {
    const std::uint32_t active = as<T>(object).active_references();
    const std::uint32_t passive = as<T>(object).passive_references();
    const std::uint32_t of_the_active = !as<T>(object).inactive() && passive != 0 ? 1 : 0;
    return active + passive - of_the_active;  // all active ones together have a passive one
  } else if constexpr (counted_once<T>) {
    return as<T>(object).references();
  } else {
    return unknown_references;
  }
}

template <class T>
const char* state(const void* object) noexcept {
  if constexpr (counted_twice<T>) {
    return as<T>(object).inactive() ? "inactive" : as<T>(object).closed() ? "closed" : "live";
  } else if constexpr (counted_once<T> && requires { as<T>(object).dead(); }) {
    return as<T>(object).dead() ? "dead" : references<T>(object) == 0 ? "idle" : "live";
  } else {
    return "live";
  }
}

// Under the ledger's lock: who must lock to look tries to, and leaves it when that fails.
template <class T>
void keeps([[maybe_unused]] const void* object,
           [[maybe_unused]] void (*see)(void* to, const void* kept), [[maybe_unused]] void* to) {
  if constexpr (requires { as<T>(object).keeps_alive([](const void*) {}); })
    as<T>(object).keeps_alive([&](const void* kept) { see(to, kept); });
}

template <class T>
constexpr bool release_may_block() noexcept {
  if constexpr (requires { T::release_may_block; }) {
    return T::release_may_block;
  } else {
    return false;
  }
}

template <class T>
inline constinit type_entry entry{.release_may_block = release_may_block<T>(),
                                  .name = type_name<T>(),
                                  .size = sizeof(T),
                                  .references = &references<T>,
                                  .state = &state<T>,
                                  .keeps = &keeps<T>};

}  // namespace entry_detail

/// The entry of the class whose release the last put of a T runs.
/// Requires  T is complete.
template <class T>
type_entry& entry_of() noexcept {
  if constexpr (requires { typename T::counted_root; }) {
    return entry_detail::entry<typename T::counted_root>;
  } else {
    return entry_detail::entry<std::remove_const_t<T>>;
  }
}

/// What the ledger knows an object by: its address as such a class.
template <class T>
const void* known_by(const T& object) noexcept {
  if constexpr (requires { typename T::counted_root; }) {
    return static_cast<const typename T::counted_root*>(&object);
  } else {
    return &object;
  }
}

}  // namespace lastout::ledger
