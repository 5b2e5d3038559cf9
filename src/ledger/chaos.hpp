// chaos.hpp - rare things made common; what it does is declared in <lastout/ledger_door.hpp>.

#pragma once

namespace lastout::ledger {

/// In the child of a fork: the thread that releases for others is not there.
void forget_undertaker() noexcept;

}  // namespace lastout::ledger
