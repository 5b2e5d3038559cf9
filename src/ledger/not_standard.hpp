// not_standard.hpp - what the ledger opens does not become the program's standard input, output or error.
//
// A program may have been started with one of those closed. The next descriptor that is opened has its
// number then, and what the program prints goes there: to who asks on the socket, into a dump.

#pragma once

#include <cerrno>

#include <fcntl.h>
#include <unistd.h>

namespace lastout::ledger {

/// Consumes  a descriptor as it was opened, or -1.
/// Returns   it, or another one for the same in place of 0, 1 and 2; or -1, with errno.
inline int not_standard(int opened) noexcept {
  if (opened < 0 || opened > STDERR_FILENO) return opened;
  const int instead = fcntl(opened, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
  close(opened);
  if (instead < 0) errno = EMFILE;
  return instead;
}

}  // namespace lastout::ledger
