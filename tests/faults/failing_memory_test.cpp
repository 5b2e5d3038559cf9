// failing_memory_test.cpp - what fails is what was told to; what is left behind or half done is seen.

#include <atomic>
#include <cstdlib>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <sys/mman.h>

#include <gtest/gtest-spi.h>

#include "faults/failing_memory.hpp"

namespace {

using faults::armed;
using faults::each_allocation_fails;
using faults::fault;
using faults::how_long;

// Out of the compiler's sight: else it may leave out what is freed at once.
[[gnu::noinline]] void* kept(void* block) {
  asm volatile("" : : "r"(block) : "memory");
  return block;
}

TEST(failing_memory, the_nth_is_refused_and_no_other) {
  const armed here(2);
  void* const first = kept(std::malloc(1));
  void* const second = kept(std::malloc(1));
  void* const third = kept(std::malloc(1));
  EXPECT_TRUE(first != nullptr && second == nullptr && third != nullptr);
  EXPECT_EQ(here.asked(), 3u);
  EXPECT_EQ(here.refused(), 1u);
  std::free(first);
  std::free(third);
}

TEST(failing_memory, for_good_is_from_the_nth_on) {
  const armed here(2, how_long::for_good);
  void* const first = kept(std::malloc(1));
  void* const second = kept(std::malloc(1));
  void* const third = kept(std::malloc(1));
  std::free(first);
  EXPECT_TRUE(first != nullptr && second == nullptr && third == nullptr);
}

TEST(failing_memory, each_door_to_memory_is_watched) {
  const auto refused = [](auto ask) {
    const armed here(1);
    ask();
    return here.refused() == 1;
  };
  EXPECT_TRUE(refused([] { std::free(kept(std::calloc(1, 1))); }));
  EXPECT_TRUE(refused([] { std::free(kept(std::realloc(nullptr, 1))); }));
  EXPECT_TRUE(refused([] { std::free(kept(std::aligned_alloc(4096, 4096))); }));
  EXPECT_TRUE(refused([] {
    void* block = nullptr;
    EXPECT_NE(posix_memalign(&block, 64, 1), 0);
  }));
  EXPECT_TRUE(refused([] {
    EXPECT_EQ(mmap(nullptr, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), MAP_FAILED);
  }));
  EXPECT_TRUE(refused([] { delete static_cast<int*>(kept(new (std::nothrow) int)); }));
  EXPECT_TRUE(
      refused([] { EXPECT_THROW(delete static_cast<int*>(kept(new int)), std::bad_alloc); }));
  struct alignas(256) wide {
    char c;
  };
  EXPECT_TRUE(refused([] { delete static_cast<wide*>(kept(new (std::nothrow) wide)); }));
  EXPECT_TRUE(refused([] { EXPECT_THROW(std::string(100, 'x'), std::bad_alloc); }));
}

TEST(failing_memory, others_are_not_hit_but_by_what_is_for_them) {
  const auto gets_some = [](auto& when) {
    bool got = false;
    std::thread other([&] {
      while (!when) std::this_thread::yield();
      void* const block = kept(std::malloc(1));
      got = block != nullptr;
      std::free(block);
    });
    {
      const armed here(1, how_long::for_good);
      when = true;
      other.join();
    }
    return got;
  };
  std::atomic<bool> at_once = false;
  EXPECT_TRUE(gets_some(at_once));
  const faults::armed_others all(1);
  void* const mine = kept(std::malloc(1));
  EXPECT_NE(mine, nullptr);
  std::free(mine);
  bool got = true;
  std::thread([&] {
    for (int i = 0; i < 10; ++i) {
      void* const block = kept(std::malloc(1));
      got = got && block != nullptr;
      std::free(block);
    }
  }).join();
  EXPECT_FALSE(got);
  EXPECT_EQ(all.refused(), 1u);
}

TEST(failing_memory, what_it_counts_as_left_is_what_is_left) {
  const long before = faults::live_blocks();
  void* block = kept(std::malloc(1));
  EXPECT_EQ(faults::live_blocks() - before, 1);
  block = kept(std::realloc(block, 100'000));
  EXPECT_EQ(faults::live_blocks() - before, 1);
  std::free(block);
  void* const map = mmap(nullptr, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  EXPECT_EQ(faults::live_blocks() - before, 1);
  munmap(map, 4096);
  EXPECT_EQ(faults::live_blocks() - before, 0);
}

TEST(failing_memory, each_allocation_of_a_call_fails_in_its_turn) {
  std::vector<bool> done;
  done.reserve(1000);  // its own memory is not what is looked at
  const std::size_t n = each_allocation_fails([&](fault& now) {
    void* three[3] = {};
    now.run([&] {
      for (void*& each : three) each = kept(std::malloc(8));
    });
    for (void* each : three) {
      done.push_back(each != nullptr);
      std::free(each);
    }
  });
  EXPECT_EQ(n, 3u);
  const std::vector<bool> expected = {
      true,  true,  true,  true, true,  true,   // twice before anything fails
      false, true,  true,  true, false, true,   // once
      true,  true,  false, true, true,  true,   // and until it runs through
      false, false, false, true, false, false,  // for good
      true,  true,  false, true, true,  true};
  EXPECT_EQ(done, expected);
}

// Twins: what the tests of this folder look for, in calls that have it.

std::vector<void*> forgotten;  // by the twin: LeakSanitizer is not to find them

struct pair_of_blocks {
  void* a = nullptr;
  void* b = nullptr;
  // Right: both or none.
  bool fill() {
    a = kept(std::malloc(8));
    b = kept(std::malloc(8));
    if (a != nullptr && b != nullptr) return true;
    clear();
    return false;
  }
  bool fill_and_forget_the_first() {
    a = kept(std::malloc(8));
    b = kept(std::malloc(8));
    if (a != nullptr && b != nullptr) return true;
    std::free(std::exchange(b, nullptr));
    if (a != nullptr) forgotten.push_back(std::exchange(a, nullptr));
    return false;
  }
  bool fill_by_halves() {
    a = kept(std::malloc(8));
    b = kept(std::malloc(8));
    return a != nullptr && b != nullptr;
  }
  void clear() {
    std::free(std::exchange(a, nullptr));
    std::free(std::exchange(b, nullptr));
  }
};

void look_at_each_failure_of(bool (pair_of_blocks::*fill)()) {
  each_allocation_fails([&](fault& now) {
    pair_of_blocks it;
    bool done = false;
    now.run([&] { done = (it.*fill)(); });
    EXPECT_EQ(it.a != nullptr, done) << "half done";
    EXPECT_EQ(it.b != nullptr, done) << "half done";
    it.clear();
  });
}

TEST(failing_memory, all_or_nothing_passes) { look_at_each_failure_of(&pair_of_blocks::fill); }

TEST(failing_memory, twin_that_leaks_is_caught) {
  testing::TestPartResultArray seen;
  {
    const testing::ScopedFakeTestPartResultReporter here(
        testing::ScopedFakeTestPartResultReporter::INTERCEPT_ONLY_CURRENT_THREAD, &seen);
    forgotten.reserve(100);
    look_at_each_failure_of(&pair_of_blocks::fill_and_forget_the_first);
  }
  for (void* const each : forgotten) std::free(each);
  EXPECT_EQ(forgotten.size(), 2u);
  ASSERT_GE(seen.size(), 1);
  EXPECT_NE(std::string(seen.GetTestPartResult(0).message()).find("left behind"),
            std::string::npos);
}

TEST(failing_memory, twin_that_does_half_of_it_is_caught) {
  testing::TestPartResultArray seen;
  {
    const testing::ScopedFakeTestPartResultReporter here(
        testing::ScopedFakeTestPartResultReporter::INTERCEPT_ONLY_CURRENT_THREAD, &seen);
    look_at_each_failure_of(&pair_of_blocks::fill_by_halves);
  }
  ASSERT_GE(seen.size(), 1);
  EXPECT_NE(std::string(seen.GetTestPartResult(0).message()).find("half done"), std::string::npos);
}

}  // namespace
