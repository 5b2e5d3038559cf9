// in_ledger.hpp - whether the ledger may know the references to a type's objects.
//
// Where LASTOUT_LEDGER is 1 it may know all of them, where it is 2 those to types that are named:
//
//   struct session;
//   LASTOUT_IN_LEDGER(session);      // at namespace scope, before the first external<session>
//
// Which of them it does know is chosen at run time: ledger.hpp.

#pragma once

#include <type_traits>

#include <lastout/config.hpp>

namespace lastout {
inline namespace LASTOUT_ABI {

/// True for types whose handles have room for a place in the ledger.
template <class T>
inline constexpr bool in_ledger = LASTOUT_LEDGER == 1;
template <class T>
inline constexpr bool in_ledger<const T> = in_ledger<T>;

}  // namespace LASTOUT_ABI
}  // namespace lastout

#if LASTOUT_LEDGER == 2
#define LASTOUT_IN_LEDGER(T) \
  template <>                \
  inline constexpr bool lastout::in_ledger<T> = true
#else
#define LASTOUT_IN_LEDGER(T) static_assert(true)
#endif
