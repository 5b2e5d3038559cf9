// processor_time.hpp - how much of the processor a thread has used: who waits asleep has next to no use for it.

#pragma once

#include <time.h>

#include <chrono>

class processor_time {
 public:
  [[nodiscard]] std::chrono::nanoseconds spent() const { return now() - began_; }

 private:
  static std::chrono::nanoseconds now() {
    timespec t{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return std::chrono::seconds(t.tv_sec) + std::chrono::nanoseconds(t.tv_nsec);
  }
  const std::chrono::nanoseconds began_ = now();
};
