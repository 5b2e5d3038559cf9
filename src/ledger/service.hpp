// service.hpp - a thread that answers questions from outside: the socket that the command asks.
//
// An abstract Unix socket, `lastout-ledger-PID`: it has no file that could be left behind. Only the
// same user, and root, are answered. One line is read, and answered; see README.md.

#pragma once

namespace lastout::ledger {

/// Begins to listen, or stops.
void serve(bool on) noexcept;
/// In the child of a fork: a socket of its own.
void restart_service(bool may_start) noexcept;

}  // namespace lastout::ledger
