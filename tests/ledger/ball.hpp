// ball.hpp - an object that knows who made it, and counts those that another thread has released.

#pragma once

#include <atomic>
#include <thread>

#include <lastout/kref.hpp>

struct ball : lastout::kref<ball> {
  ~ball() {
    if (std::this_thread::get_id() != made_by) ++elsewhere;
    ++gone;
  }
  std::thread::id made_by = std::this_thread::get_id();
  static inline std::atomic<int> elsewhere = 0, gone = 0;
};
