// lock.hpp - the one door to locks that block, and to waiting under them.
//
// For what the structures wait on themselves; a lock of yours is a parameter of what takes it. A test
// build defines LASTOUT_LOCK_DOOR as a header of its own, which supplies the same two names with
// other insides, as LASTOUT_ATOMIC_DOOR does (atomic.hpp).
//
//   blocking::mutex      the standard's; constant-initialised
//   blocking::condition  the standard's condition_variable, always waited on with what is waited for
//
// Record: docs/design/0006-core-without-dependencies.md.

#pragma once

#ifdef LASTOUT_LOCK_DOOR
#include LASTOUT_LOCK_DOOR
#else

#include <condition_variable>
#include <mutex>

namespace lastout::blocking {

using mutex = std::mutex;
using condition = std::condition_variable;

}  // namespace lastout::blocking

#endif
