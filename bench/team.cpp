// team.cpp - sleeping between jobs, spinning at the start line.

#include "team.hpp"

#include <pthread.h>
#include <sched.h>

#include <algorithm>

#include "subject.hpp"

namespace bench {
namespace {

std::vector<int> allowed() {
  cpu_set_t set;
  CPU_ZERO(&set);
  std::vector<int> out;
  if (sched_getaffinity(0, sizeof set, &set) != 0) return out;
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (CPU_ISSET(cpu, &set)) out.push_back(cpu);
  }
  return out;
}

void pin(int cpu) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(cpu, &set);
  pthread_setaffinity_np(pthread_self(), sizeof set, &set);  // where it is refused, we do without
}

// Threads that arrive wait for the last one, and go on within a cache line's travel of each other.
class start_line {
 public:
  explicit start_line(unsigned threads) : missing_(threads) {}

  void arrive() noexcept {
    missing_.fetch_sub(1, std::memory_order_acq_rel);
    for (unsigned spins = 0; missing_.load(std::memory_order_acquire) != 0; ++spins) {
      if (spins > spins_max) std::this_thread::yield();
    }
  }

 private:
  static constexpr unsigned spins_max = 10'000;  // then somebody has no processor, perhaps ours
  std::atomic<unsigned> missing_;
};

using clock = std::chrono::steady_clock;

struct alignas(apart) span {
  clock::time_point begin;
  clock::time_point end;
};

}  // namespace

unsigned processors() { return std::max(1u, static_cast<unsigned>(allowed().size())); }

team::team(unsigned threads) {
  const std::vector<int> cpus = allowed();
  for (unsigned i = 1; i < std::max(threads, 2u); ++i) {
    helpers_.emplace_back([this, i, cpus] {
      if (!cpus.empty()) pin(cpus[i % cpus.size()]);
      serve(i);
    });
  }
  if (!cpus.empty()) pin(cpus[0]);
}

team::~team() {
  end_ = true;
  round_.fetch_add(1, std::memory_order_release);
  round_.notify_all();
  for (std::thread& each : helpers_) each.join();
}

void team::serve(unsigned self) {
  for (std::uint32_t done = 0;;) {
    round_.wait(done, std::memory_order_acquire);
    done = round_.load(std::memory_order_acquire);
    if (end_) return;
    if (self < wanted_) (*job_)(self);
    if (left_.fetch_sub(1, std::memory_order_acq_rel) == 1) left_.notify_one();
  }
}

void team::run(unsigned threads, const std::function<void(unsigned)>& job) {
  if (threads == 1) return job(0);  // nobody else is woken
  job_ = &job;
  wanted_ = threads;
  left_.store(static_cast<unsigned>(helpers_.size()), std::memory_order_relaxed);
  round_.fetch_add(1, std::memory_order_release);
  round_.notify_all();
  job(0);
  for (unsigned left = left_.load(std::memory_order_acquire); left != 0;
       left = left_.load(std::memory_order_acquire)) {
    left_.wait(left, std::memory_order_acquire);
  }
}

double team::time(unsigned threads, const std::function<void(unsigned)>& prepare,
                  const std::function<void(unsigned)>& work) {
  start_line line(threads);
  std::vector<span> spans(threads);
  run(threads, [&](unsigned i) {
    prepare(i);
    line.arrive();
    spans[i].begin = clock::now();
    work(i);
    spans[i].end = clock::now();
  });
  span all = spans[0];
  for (const span& each : spans) {
    all.begin = std::min(all.begin, each.begin);
    all.end = std::max(all.end, each.end);
  }
  return std::chrono::duration<double, std::nano>(all.end - all.begin).count();
}

}  // namespace bench
