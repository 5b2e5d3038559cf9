// lock_checks.hpp - each put, looked at as if it were the last.

#pragma once

#include "type_book.hpp"

namespace lastout::ledger {

/// Reports a put that could wait for a lock that this thread holds, or block where it must not.
/// Requires  inside, no lock of the ledger's.
void check_put(type_book& type, const void* object) noexcept;

/// Around a fork: the child finds it in order.
bool lock_learning(bool interrupted) noexcept;
void unlock_learning() noexcept;

}  // namespace lastout::ledger
