// not_empty.hpp - the check behind `*handle` and `handle->`: nothing, or a violation in a checked
// build.

#pragma once

#include <lastout/config.hpp>
#include <lastout/type_name.hpp>
#include <lastout/violation.hpp>

namespace lastout {
inline namespace LASTOUT_ABI {

template <class T>
constexpr T* not_empty(T* object) noexcept {
  if constexpr (checked_build) {
    if (object == nullptr) [[unlikely]]
      report(violation::empty_dereference, {type_name<T>(), nullptr}, "dereference");
  }
  return object;
}

}  // namespace LASTOUT_ABI
}  // namespace lastout
