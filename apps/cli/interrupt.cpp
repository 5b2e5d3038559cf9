// interrupt.cpp - see interrupt.hpp. What a handler may do: signal-safety(7).

#include "interrupt.hpp"

#include <csignal>
#include <cerrno>
#include <unistd.h>

#include <lastout/atomic.hpp>

namespace cli::interrupt {
namespace {

constinit lastout::atomic<int> first{0};
constinit lastout::atomic<const char*> half_written{nullptr};
static_assert(lastout::atomic<int>::is_always_lock_free &&
              lastout::atomic<const char*>::is_always_lock_free);

// Dies of the signal, as whoever waits for this process expects.
void end_at_once(int signal) noexcept {
  const char* const path = half_written.load(
      lastout::order::relaxed);  // relaxed: (1) is in the same thread or long past
  if (path != nullptr) unlink(path);
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
  static constexpr char said[] = "\nlastout: stopping and auditing; once more ends at once\n";
  [[maybe_unused]] const auto written = write(STDERR_FILENO, said, sizeof said - 1);
  errno = saved;
}

}  // namespace

void watch() noexcept {
  struct sigaction ours{};
  ours.sa_handler = &on_signal;
  sigemptyset(&ours.sa_mask);
  sigaddset(&ours.sa_mask, SIGINT);
  sigaddset(&ours.sa_mask, SIGTERM);
  ours.sa_flags = SA_RESTART;
  sigaction(SIGINT, &ours, nullptr);
  sigaction(SIGTERM, &ours, nullptr);
}

int received() noexcept {
  return first.load(lastout::order::relaxed);
}  // relaxed: a flag that carries nothing

void unlink_at_end(const char* path) noexcept {
  half_written.store(
      path, lastout::order::
                relaxed);  // relaxed: read by a handler of the same process, whenever it sees it
}

}  // namespace cli::interrupt
