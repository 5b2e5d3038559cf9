// rule_64 - freed memory is poisoned and kept a while, so that who uses it late is found, with both
// stacks; a put that comes late is a violation of its own and no plausible count.
//
// Twin: the same without a quarantine, and objects that nobody touches once they are freed.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <new>
#include <string>
#include <vector>

#include <unistd.h>

#include <lastout/external.hpp>
#include <lastout/kref.hpp>

#include "ledger/explained.hpp"
#include "ledger/tracked.hpp"

#ifdef __GLIBC_PREREQ
#if __GLIBC_PREREQ(2, 33)
#include <malloc.h>
#define LIBRARY_COUNTS_MEMORY 1
#endif
#endif

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define FREED_MEMORY_IS_WATCHED 1
#endif
#endif

namespace {

using lastout::external;
using lastout::make;
namespace ledger = lastout::ledger;

struct letter : lastout::kref<letter> {
  ~letter() { ++gone; }
  char text[100] = {};
  static inline int gone = 0;
};

class rule_64_ledger : public ledger_test {
 protected:
  rule_64_ledger() : ledger_test("all,stacks=8,socket=off,quarantine=64K") { letter::gone = 0; }
  explained told;
};

#ifndef FREED_MEMORY_IS_WATCHED  // else AddressSanitizer ends the process at the touch itself
TEST_F(rule_64_ledger, a_write_to_a_freed_object_is_told_with_who_released_it) {
  letter* late = nullptr;
  {
    auto a = make<letter>();
    late = a.address();
  }
  EXPECT_EQ(letter::gone, 1) << "it is destroyed at once; only its memory is kept";
  std::launder(late)->text[50] = 'x';  // the bug
  EXPECT_EQ(explained::take(), "");
  ASSERT_EQ(ledger::apply("all,stacks=8,socket=off"), "");  // now it is looked at
  const auto all = explained::take_all();
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].what, lastout::violation::used_once_freed);
  EXPECT_EQ(all[0].object, late);
  const std::size_t offset = static_cast<std::size_t>(reinterpret_cast<char*>(&late->text[50]) -
                                                      reinterpret_cast<char*>(late));
  EXPECT_NE(all[0].text.find("byte " + std::to_string(offset)), std::string::npos) << all[0].text;
  EXPECT_NE(all[0].text.find("released by"), std::string::npos) << all[0].text;
}

// Of the lately dead some thousands are remembered; who is in quarantine is not forgotten for others.
TEST_F(rule_64_ledger, who_released_it_is_known_however_many_were_freed_since) {
  ASSERT_EQ(ledger::apply("all,stacks=8,socket=off,quarantine=8M"), "");
  letter* const late = make<letter>().address();
  std::launder(late)->text[50] = 'x';
  for (int i = 0; i < 10'000; ++i) (void)make<letter>();
  ASSERT_EQ(ledger::apply("all,stacks=8,socket=off"), "");
  const auto all = explained::take_all();
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].object, late);
  EXPECT_NE(all[0].text.find("released by"), std::string::npos) << all[0].text;
}

// Memory that its owner manages: a block with something before the object, and a word at the front of
// it that is to be left alone.
struct own_memory : lastout::kref<own_memory> {
  static constexpr std::size_t before = 16;
  static void* operator new(std::size_t n, const std::nothrow_t&) noexcept {
    void* const block = std::malloc(before + n);
    return block == nullptr ? nullptr : static_cast<char*>(block) + before;
  }
  static void operator delete(void* at, std::size_t n) noexcept {
    char* const memory = static_cast<char*>(at);
    const std::size_t word = sizeof(std::uint32_t);
    if (ledger::quarantine(memory + word, n - word, memory - before, &give))
      ++kept;
    else
      give(memory - before);
  }
  static void operator delete(void* at, const std::nothrow_t&) noexcept {
    give(static_cast<char*>(at) - before);
  }
  static void give(void* block) noexcept {
    ++given;
    std::free(block);
  }
  char text[100] = {};
  static inline int kept = 0, given = 0;
};

TEST_F(rule_64_ledger, memory_of_one_s_own_is_kept_where_it_is_handed_over) {
  own_memory::kept = own_memory::given = 0;
  own_memory* const late = make<own_memory>().address();
  EXPECT_EQ(own_memory::kept, 1);
  EXPECT_EQ(own_memory::given, 0);
  std::launder(late)->text[50] = 'x';  // the bug
  ledger::empty_quarantine();
  EXPECT_EQ(own_memory::given, 1);
  const auto all = explained::take_all();
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].what, lastout::violation::used_once_freed);
  EXPECT_EQ(all[0].object, late);
  const std::size_t offset = static_cast<std::size_t>(reinterpret_cast<char*>(&late->text[50]) -
                                                      reinterpret_cast<char*>(late));
  EXPECT_NE(all[0].text.find("byte " + std::to_string(offset)), std::string::npos) << all[0].text;
  EXPECT_NE(all[0].text.find("released by"), std::string::npos) << all[0].text;
}

TEST_F(rule_64_ledger, twin_without_a_quarantine_is_handed_back) {
  own_memory::kept = own_memory::given = 0;
  ASSERT_EQ(ledger::apply("all,stacks=0,socket=off"), "");
  (void)make<own_memory>();
  EXPECT_EQ(own_memory::kept, 0);
  EXPECT_EQ(own_memory::given, 1);
}

TEST_F(rule_64_ledger, a_late_get_is_a_violation_and_no_count) {
  letter* late = nullptr;
  {
    auto a = make<letter>();
    late = a.address();
  }
  EXPECT_TRUE(late->dead());
  (void)external<letter>::get(*late).leak();  // of what is gone nothing is on the books
  const std::string all = explained::take();
  EXPECT_TRUE(all.starts_with("get_at_zero") || all.starts_with("get_once_dead")) << all;
  ASSERT_EQ(ledger::apply("all,stacks=0,socket=off"), "");
  EXPECT_EQ(explained::take(), "used_once_freed");
}
#endif

TEST_F(rule_64_ledger, twin_that_touches_nothing_is_not_told) {
  for (int i = 0; i < 2000; ++i) (void)make<letter>();
  ASSERT_EQ(ledger::apply("all,stacks=8,socket=off"), "");
  EXPECT_EQ(explained::take(), "");
  EXPECT_EQ(letter::gone, 2000);
}

TEST_F(rule_64_ledger, memory_comes_back_late_and_then_in_turn) {
  const void* const first = make<letter>().address();
  int before_it_came_back = 0;
  while (make<letter>().address() != first && before_it_came_back < 100'000) ++before_it_came_back;
  EXPECT_GT(before_it_came_back, 64 * 1024 / int(sizeof(letter)) - 2);
#ifndef FREED_MEMORY_IS_WATCHED  // it has a quarantine too
  EXPECT_LT(before_it_came_back, 100'000);
#endif
}

// Each kind of memory is given back as it was taken.
struct alignas(128) wide : lastout::kref<wide> {
  char text[200] = {};
};
struct counted_memory {
  static inline int taken = 0, given = 0;
};
struct own_delete : lastout::kref<own_delete> {
  static void* operator new(std::size_t n) {
    ++counted_memory::taken;
    return std::malloc(n);
  }
  static void* operator new(std::size_t n, const std::nothrow_t&) noexcept {
    ++counted_memory::taken;
    return std::malloc(n);
  }
  static void operator delete(void* at) noexcept {
    ++counted_memory::given;
    std::free(at);
  }
};
struct sized_delete : lastout::kref<sized_delete> {
  static void* operator new(std::size_t n, const std::nothrow_t&) noexcept {
    ++counted_memory::taken;
    return std::malloc(n);
  }
  static void operator delete(void* at, std::size_t n) noexcept {
    EXPECT_EQ(n, sizeof(sized_delete));
    ++counted_memory::given;
    std::free(at);
  }
  static void operator delete(void* at, const std::nothrow_t&) noexcept { std::free(at); }
};

TEST_F(rule_64_ledger, memory_is_given_back_as_it_was_taken) {
  counted_memory::taken = counted_memory::given = 0;
  for (int i = 0; i < 10; ++i) {
    (void)make<wide>();
    (void)make<own_delete>();
    (void)make<sized_delete>();
  }
  EXPECT_EQ(counted_memory::taken, 20);
  ASSERT_EQ(ledger::apply("off,socket=off"), "");
  EXPECT_EQ(counted_memory::given, 20);
  EXPECT_EQ(explained::take(), "");
}

#if !defined(FREED_MEMORY_IS_WATCHED) && defined(LIBRARY_COUNTS_MEMORY)
// Bytes of the heap that are given away and have not come back.
std::size_t in_use() { return mallinfo2().uordblks; }

template <class T>
void all_memory_comes_back() {
  constexpr std::size_t many = 1000;
  (void)make<T>();
  ASSERT_EQ(ledger::apply("all,stacks=0,socket=off"), "");
  const std::size_t before = in_use();
  ASSERT_EQ(ledger::apply("all,stacks=0,socket=off,quarantine=1M"), "");
  for (std::size_t i = 0; i < many; ++i) (void)make<T>();
  EXPECT_GT(in_use(), before + many * sizeof(T)) << "kept for a while";
  ASSERT_EQ(ledger::apply("all,stacks=0,socket=off"), "");
  EXPECT_LT(in_use(), before + many / 10 * sizeof(T));
}
TEST_F(rule_64_ledger, all_memory_that_was_kept_comes_back) {
  if (sanitized) GTEST_SKIP() << "a sanitizer's heap is not the library's";
  all_memory_comes_back<letter>();
  all_memory_comes_back<wide>();
}
#endif

#ifndef FREED_MEMORY_IS_WATCHED
std::string dumped_by_handler;
void dumps(const lastout::violation_report& report) noexcept {
  (void)ledger::explain(report);
  dumped_by_handler = ledger::dump();
}

TEST_F(rule_64_ledger, a_handler_that_asks_the_ledger_gets_an_answer) {
  letter* const late = make<letter>().address();
  std::launder(late)->text[50] = 'x';
  const auto before = lastout::on_violation(&dumps);
  EXPECT_EXIT(
      {
        alarm(5);  // a deadlock ends here
        (void)ledger::apply("off,socket=off");
        _exit(dumped_by_handler.empty() ? 1 : 0);
      },
      testing::ExitedWithCode(0), "");
  lastout::on_violation(before);
  ASSERT_EQ(ledger::apply("off,socket=off"), "");
  EXPECT_EQ(explained::take(), "used_once_freed");
}
#endif

}  // namespace
