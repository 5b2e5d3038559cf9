// background.hpp - a thread that does something again and again until it is told to stop.

#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>

#include "thread_start.hpp"

namespace cli {

class background {
 public:
  background(std::chrono::milliseconds every, std::function<void()> act)
      : every_(every), act_(std::move(act)), thread_(start_thread([this] { run(); })) {}
  background(const background&) = delete;
  background& operator=(const background&) = delete;
  ~background() { stop(); }

  /// Returns when the thread has ended. Idempotent.
  void stop() {
    {
      const std::lock_guard held(lock_);
      stop_ = true;
    }
    changed_.notify_all();
    if (thread_.joinable()) thread_.join();
  }

 private:
  void run() {
    std::unique_lock held(lock_);
    while (!stop_) {
      held.unlock();
      act_();
      held.lock();
      changed_.wait_for(held, every_, [this] { return stop_; });
    }
  }

  std::chrono::milliseconds every_;
  std::function<void()> act_;
  std::mutex lock_;
  std::condition_variable changed_;
  bool stop_ = false;
  std::thread thread_;
};

}  // namespace cli
