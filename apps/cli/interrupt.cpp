// interrupt.cpp - see interrupt.hpp. What a handler may do: signal-safety(7).

#include "interrupt.hpp"

#include <csignal>
#include <cerrno>
#include <cstring>
#include <unistd.h>

#include <lastout/atomic.hpp>

namespace cli::interrupt {
namespace {

constinit lastout::atomic<int> first{0};
constinit lastout::atomic<const char*> half_written{nullptr};
constinit lastout::atomic<const char*> said_at_first{nullptr};
static_assert(lastout::atomic<int>::is_always_lock_free &&
              lastout::atomic<const char*>::is_always_lock_free);

// Dies of the signal, as whoever waits for this process expects.
void end_at_once(int signal) noexcept {
  unlink_now();
  struct sigaction normal{};
  normal.sa_handler = SIG_DFL;
  sigaction(signal, &normal, nullptr);
  sigset_t mask;
  sigemptyset(&mask);
  sigaddset(&mask, signal);
  raise(signal);
  sigprocmask(SIG_UNBLOCK, &mask, nullptr);
  _exit(128 + signal);
}

void on_signal(int signal) noexcept {
  const int saved = errno;
  int none = 0;
  // relaxed: a flag that carries nothing
  if (!first.compare_exchange_strong(none, signal, lastout::order::relaxed,
                                     lastout::order::relaxed))
    end_at_once(signal);
  // relaxed: it was stored before the handler was in place
  const char* const said = said_at_first.load(lastout::order::relaxed);
  if (said != nullptr) {
    [[maybe_unused]] const auto written = write(STDERR_FILENO, said, std::strlen(said));
  }
  errno = saved;
}

}  // namespace

void watch(const char* said) noexcept {
  // relaxed: the same thread puts the handler in place
  said_at_first.store(said, lastout::order::relaxed);
  struct sigaction ours{};
  ours.sa_handler = &on_signal;
  sigemptyset(&ours.sa_mask);
  sigaddset(&ours.sa_mask, SIGINT);
  sigaddset(&ours.sa_mask, SIGTERM);
  sigaddset(&ours.sa_mask, SIGHUP);
  ours.sa_flags = SA_RESTART;
  sigaction(SIGINT, &ours, nullptr);
  sigaction(SIGTERM, &ours, nullptr);
  struct sigaction was{};
  if (sigaction(SIGHUP, nullptr, &was) == 0 && was.sa_handler != SIG_IGN)  // else: nohup
    sigaction(SIGHUP, &ours, nullptr);
}

int received() noexcept {
  // relaxed: a flag that carries nothing
  return first.load(lastout::order::relaxed);
}

void unlink_at_end(const char* path) noexcept {
  // relaxed: read by a handler of the same process, whenever it sees it
  half_written.store(path, lastout::order::relaxed);
}

void unlink_now() noexcept {
  // relaxed: unlink_at_end() was called in the same thread, or long ago
  const char* const path = half_written.load(lastout::order::relaxed);
  if (path != nullptr) unlink(path);
}

}  // namespace cli::interrupt
