// thread_start.hpp - a thread, or an error that says in one line what to do when the system gives
// no more.

#pragma once

#include <stdexcept>
#include <system_error>
#include <thread>
#include <utility>

#include <fmt/format.h>

namespace cli {

class no_more_threads : public std::runtime_error {
 public:
  /// One that does not depend on how many workers were asked for.
  no_more_threads()
      : std::runtime_error(
            "no more threads: not even the first could be started; raise the limit "
            "(ulimit -u, ulimit -v)") {}
  no_more_threads(unsigned asked, unsigned started)
      : std::runtime_error(
            fmt::format("no more threads: {} were asked for, {} could be started; try --threads {}",
                        asked, started, fewer(started))) {}

 private:
  // Somewhat fewer than were possible: the run has threads of its own, and each needs memory to
  // work.
  static unsigned fewer(unsigned started) {
    const unsigned spared = started / 4 + 2;
    return started > spared ? started - spared : 1;
  }
};

/// Throws  no_more_threads.
template <class Act>
std::thread start_thread(Act act) {
  try {
    return std::thread(std::move(act));
  } catch (const std::system_error&) {
    throw no_more_threads();
  }
}

/// The same for worker `started` of `asked`.
template <class Act>
std::thread start_worker(unsigned asked, unsigned started, Act act) {
  try {
    return std::thread(std::move(act));
  } catch (const std::system_error&) {
    throw no_more_threads(asked, started);
  }
}

}  // namespace cli
