// deaths_test.cpp - an object that dies while there is no memory to note it, to keep what it leaves, or to
// release it elsewhere: it dies all the same, once, and its memory goes back once.

#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <fstream>
#include <new>
#include <string>
#include <thread>
#include <vector>

#include <sys/resource.h>
#include <unistd.h>

#include <lastout/external.hpp>
#include <lastout/kref.hpp>

#include "faults/failing_memory.hpp"
#include "ledger/ball.hpp"
#include "ledger/tracked.hpp"
#include "ledger_faults/in_children.hpp"

namespace {

using faults::armed;
using faults::how_long;
using lastout::external;
using lastout::make;
namespace ledger = lastout::ledger;

// Each in a new process, by the test that follows: in_children.hpp says why.
class DISABLED_first_deaths : public ledger_test {};

TEST(deaths_without_memory, each_of_the_first_passes_in_a_new_process) {
  each_passes_in_a_new_process("DISABLED_first_deaths");
}

/// Its operator delete asks the ledger to keep its memory.
struct laid_out : lastout::kref<laid_out> {
  static void* operator new(std::size_t n, const std::nothrow_t&) noexcept {
    return std::malloc(n);
  }
  static void operator delete(void* at, std::size_t n) noexcept {
    if (ledger::quarantine(at, n, at, &give))
      ++kept;
    else
      give(at);
  }
  static void operator delete(void* at, const std::nothrow_t&) noexcept { give(at); }
  static void give(void* block) noexcept {
    ++given;
    std::free(block);
  }
  char text[40] = {};
  static inline std::size_t kept = 0, given = 0;
};

TEST_F(DISABLED_first_deaths, memory_that_cannot_be_kept_is_handed_back) {
  in_children_each_allocation_fails("quarantine", [](std::size_t nth, how_long length) {
    if (!ledger::apply("all,stacks=0,socket=off,quarantine=1M").empty()) return 10;
    violations_seen told;
    constexpr std::size_t objects = 60;
    std::vector<external<laid_out>> all;
    std::vector<const void*> places;
    for (std::size_t i = 0; i < objects; ++i) {
      all.push_back(make<laid_out>());
      places.push_back(all.back().address());
    }
    std::size_t refused = 0;
    {
      const armed here(nth, length);
      for (auto& each : all) each.put();
      refused = here.refused();
    }
    const std::size_t kept = laid_out::kept;
    if (kept + laid_out::given != objects) return 11;
    if (kept != objects && refused == 0) return 12;
    if (length == how_long::once && kept + 1 < objects) return 13;
    if (!dump_lines::now().objects.empty()) return 14;
    std::size_t remembered = 0;
    for (const void* const each : places) {
      const std::string about = ledger::about(each);
      if (!about.empty() && about.find("released by") == std::string::npos) return 15;
      remembered += about.empty() ? 0 : 1;
    }
    if (remembered < kept) return 16;
    make<laid_out>().put();  // in peace
    if (laid_out::kept != kept + 1) return 17;
    const armed none(1, how_long::for_good);
    ledger::empty_quarantine();
    if (none.refused() != 0) return 20;
    if (laid_out::given != objects + 1) return 18;
    if (!told.take().empty()) return 19;
    return refused == 0 ? 0 : 1;
  });
}

TEST_F(DISABLED_first_deaths, a_death_that_cannot_be_noted_is_forgotten_and_counted) {
  struct mortal : lastout::kref<mortal> {};
  in_children_each_allocation_fails("deaths", [](std::size_t nth, how_long length) {
    if (!ledger::apply("all,stacks=0,socket=off").empty()) return 10;
    auto first = make<mortal>();
    auto second = make<mortal>();
    const void* const dead[] = {first.address(), second.address()};
    std::size_t refused = 0;
    {
      const armed here(nth, length);
      first.put();
      second.put();
      refused = here.refused();
    }
    const dump_lines::whole dump = dump_lines::now();
    if (!dump.wrong.empty() || !dump.objects.empty()) return 11;
    if (dump.type_called("mortal")->released != 2) return 12;
    const bool both = length == how_long::for_good;
    if (dump.missed != (refused == 0 ? 0U : both ? 2U : 1U)) return 16;
    if (ledger::about(dead[0]).empty() != (refused != 0)) return 13;
    if (ledger::about(dead[1]).empty() != (refused != 0 && both)) return 14;
    auto third = make<mortal>();
    const void* const later = third.address();
    third.put();
    if (ledger::about(later).empty()) return 15;
    return refused == 0 ? 0 : 1;
  });
}

std::size_t bytes_mapped() {
  std::size_t pages = 0;
  std::ifstream("/proc/self/statm") >> pages;
  return pages * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

/// So many are made, and then put while that holds: those of them that were released elsewhere.
template <class Hold>
int released_elsewhere(int balls, Hold hold) {
  std::vector<external<ball>> all;
  for (int i = 0; i < balls; ++i) all.push_back(make<ball>());
  ball::elsewhere = ball::gone = 0;
  hold([&all] {
    for (auto& each : all) each.put();
  });
  {
    const armed none(1, how_long::for_good);
    ledger::settle();
    if (none.refused() != 0) return -2;
  }
  return ball::gone == balls && dump_lines::now().objects.empty() ? ball::elsewhere.load() : -1;
}
constexpr int balls = 300;

/// The C library keeps the stacks of threads that have ended: a new one would ask for no memory.
void use_up_stacks() {
  for (int i = 0; i < 8; ++i) std::thread([] { pause(); }).detach();
}

TEST_F(DISABLED_first_deaths, what_chaos_hands_over_is_released_once) {
  in_children_each_allocation_fails("chaos", [](std::size_t nth, how_long length) {
    if (!ledger::apply("all,stacks=0,socket=off,chaos=1").empty()) return 10;
    use_up_stacks();
    std::size_t refused = 0;
    const int then = released_elsewhere(balls, [&](auto put_all) {
      const armed here(nth, length);
      put_all();
      refused = here.refused();
    });
    // The first note is asked for, and then the thread.
    if (length == how_long::for_good && refused != 0 ? then != 0 : then <= 0) return 11;
    if (released_elsewhere(balls, [](auto put_all) { put_all(); }) <= 0) return 12;
    return refused == 0 ? 0 : 1;
  });
}

// A thread's stack is the C library's to ask for, behind malloc.
TEST_F(DISABLED_first_deaths, without_a_thread_chaos_releases_where_it_is_put) {
  EXPECT_EQ(in_a_child([] {
              if (!ledger::apply("all,stacks=0,socket=off,chaos=1").empty()) return 10;
              use_up_stacks();
              rlimit before{};
              getrlimit(RLIMIT_AS, &before);
              const int then = released_elsewhere(balls, [&](auto put_all) {
                const rlimit none{bytes_mapped(), before.rlim_max};
                setrlimit(RLIMIT_AS, &none);
                put_all();
                setrlimit(RLIMIT_AS, &before);
              });
              if (then != 0) return 11;
              return released_elsewhere(balls, [](auto put_all) { put_all(); }) > 0 ? 0 : 12;
            }),
            "ok");
}

}  // namespace
