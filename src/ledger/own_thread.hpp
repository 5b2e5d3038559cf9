// own_thread.hpp - a thread of the ledger's own: it takes none of the program's signals, and nobody
// waits for its end.

#pragma once

#include <pthread.h>
#include <signal.h>

namespace lastout::ledger {

/// Runs work(of) on a thread of its own. Returns false when there is none to be had.
inline bool run_on_own_thread(void* (*work)(void* of), void* of) noexcept {
  pthread_attr_t how;
  pthread_attr_init(&how);
  pthread_attr_setdetachstate(&how, PTHREAD_CREATE_DETACHED);
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);  // a thread begins with its maker's mask
  pthread_t thread;
  const bool begun = pthread_create(&thread, &how, work, of) == 0;
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  pthread_attr_destroy(&how);
  return begun;
}

}  // namespace lastout::ledger
