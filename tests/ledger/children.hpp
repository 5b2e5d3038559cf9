// children.hpp - runs a piece of a test in a child process, and hears how it ended.

#pragma once

#include <cstdlib>
#include <string>

#include <sys/wait.h>
#include <unistd.h>

/// Forks; the child does `body()`, which says with 0 that all was well, and is ended when that takes
/// longer than so many seconds.
/// Returns   "ok", or how it ended.
template <class Body>
std::string in_a_child(Body body, unsigned seconds = 30) {
  const pid_t child = fork();
  if (child == 0) {
    alarm(seconds);
    _exit(body());
  }
  int status = 0;
  if (child < 0 || waitpid(child, &status, 0) != child) return "no child";
  if (WIFSIGNALED(status)) {
    return WTERMSIG(status) == SIGALRM ? "hung"
                                       : "ended by signal " + std::to_string(WTERMSIG(status));
  }
  const int answer = WEXITSTATUS(status);
  return answer == 0 ? "ok" : "said " + std::to_string(answer);
}

/// Runs this program again, with LASTOUT_LEDGER as said, and free to leak: only the test called `disabled_test`.
/// A program for another machine runs through the emulator in LASTOUT_EMULATOR, as it did itself.
/// Returns   what it wrote, and its exit status last.
inline std::string again(const std::string& ledger, const std::string& disabled_test) {
  std::string self(4096, '\0');
  const ssize_t n = readlink("/proc/self/exe", self.data(), self.size());
  self.resize(n < 0 ? 0 : static_cast<std::size_t>(n));
  const char* const emulator = std::getenv("LASTOUT_EMULATOR");
  const std::string line =
      "env -u GTEST_TOTAL_SHARDS -u GTEST_SHARD_INDEX ASAN_OPTIONS=detect_leaks=0 "
      "LASTOUT_LEDGER='" +
      ledger + "' " + (emulator == nullptr ? "" : emulator) + " '" + self +
      "' --gtest_brief=1 --gtest_also_run_disabled_tests --gtest_filter='" + disabled_test +
      "' 2>&1";
  std::string out;
  FILE* const from = popen(line.c_str(), "r");
  if (from == nullptr) return "cannot run it";
  char more[4096];
  while (const std::size_t got = fread(more, 1, sizeof more, from)) out.append(more, got);
  const int status = pclose(from);
  return out + "\nstatus " + std::to_string(WIFEXITED(status) ? WEXITSTATUS(status) : -1) + "\n";
}
