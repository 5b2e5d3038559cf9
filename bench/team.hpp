// team.hpp - a few threads, each on a processor of its own, that do the same thing at the same
// time.
//
// With more threads than processors they take turns on them, and the figures say little.
//
// Thread 0 is the caller. The others sleep while fewer are asked for, and live as long as the team,
// so that the process has more than one thread all the time: libstdc++'s shared_ptr counts without
// atomics in a process that has only one.

#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <thread>
#include <vector>

namespace bench {

class team {
 public:
  /// A team of `threads`, and one more that only sleeps when that is 1.
  explicit team(unsigned threads);
  team(const team&) = delete;
  team& operator=(const team&) = delete;
  ~team();

  /// Calls job(i) on thread i for each i < threads; returns when all have returned.
  void run(unsigned threads, const std::function<void(unsigned)>& job);

  /// Returns   the nanoseconds from the first thread's start to the last one's end, when `threads`
  ///           begin
  ///           work(i) together. Each calls prepare(i) before.
  double time(unsigned threads, const std::function<void(unsigned)>& prepare,
              const std::function<void(unsigned)>& work);

 private:
  void serve(unsigned self);

  std::atomic<std::uint32_t> round_{0};  // one more for each job
  std::atomic<unsigned> left_{0};        // helpers that have not finished it
  const std::function<void(unsigned)>* job_ = nullptr;
  unsigned wanted_ = 0;
  bool end_ = false;
  std::vector<std::thread> helpers_;
};

/// How many processors this process may use.
unsigned processors();

}  // namespace bench
