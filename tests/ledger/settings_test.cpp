// settings_test.cpp - what is tracked is chosen while the program runs, and bad words change nothing.

#include <cstdint>
#include <fstream>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include <unistd.h>

#include <lastout/external.hpp>
#include <lastout/kref.hpp>

#include "ledger/explained.hpp"
#include "ledger/tracked.hpp"

namespace {

using lastout::external;
using lastout::kref;
using lastout::make;
namespace ledger = lastout::ledger;

namespace zoo {
struct lion : lastout::kref<lion> {};
struct sealion : lastout::kref<sealion> {};
struct tiger : lastout::kref<tiger> {};
template <class T>
struct cage : lastout::kref<cage<T>> {};
}  // namespace zoo

using settings = ledger_test;

TEST_F(settings, what_is_applied_can_be_read_and_applied_again) {
  for (const char* each :
       {"all", "off", "types=lion", "types=lion+zoo::tiger", "share=1/7,all", "all,stacks=0",
        "all,stacks=64", "all,history=65536", "all,checks", "all,quarantine=64K", "all,exit=report",
        "all,exit=/nowhere/of all.dump", "all,chaos=18446744073709551615", "all,socket=off", "",
        "all,,socket=off,"}) {
    std::string wanted = each;
    wanted += wanted.find("socket") == std::string::npos ? ",socket=off" : "";
    EXPECT_EQ(ledger::apply(wanted), "") << each;
    const std::string in_force = ledger::settings();
    EXPECT_EQ(ledger::apply(in_force), "") << each << ": " << in_force;
    EXPECT_EQ(ledger::settings(), in_force);
    EXPECT_EQ(dump_lines::now().settings, in_force);
  }
}

TEST_F(settings, words_that_are_not_said_get_their_defaults) {
  EXPECT_EQ(ledger::apply("types=lion,stacks=3,history=9,checks,quarantine=1M,socket=off"), "");
  EXPECT_EQ(ledger::apply("all,socket=off"), "");
  EXPECT_EQ(ledger::settings(), "all,stacks=16,socket=off");
}

TEST_F(settings, a_quarantine_has_units) {
  for (const auto& [said, bytes] : {std::pair("4K", "4096"), std::pair("2M", "2097152"),
                                    std::pair("1G", "1073741824"), std::pair("77", "77")}) {
    EXPECT_EQ(ledger::apply(std::string("all,socket=off,quarantine=") + said), "");
    EXPECT_NE(ledger::settings().find(std::string("quarantine=") + bytes), std::string::npos);
  }
}

TEST_F(settings, a_bad_word_is_named_and_changes_nothing) {
  ASSERT_EQ(ledger::apply("types=lion,stacks=5,socket=off"), "");
  const std::string before = ledger::settings();
  for (const char* bad : {"everything",
                          "ALL",
                          "all=1",
                          "off=0",
                          "types",
                          "types=",
                          "types=+",
                          "types=lion+",
                          "types=lion++tiger",
                          "share=2",
                          "share=1/0",
                          "share=1/",
                          "share=1/-3",
                          "share=1/2x",
                          "share=1/1000000001",
                          "stacks=",
                          "stacks",
                          "stacks=65",
                          "stacks=-1",
                          "stacks=many",
                          "stacks=0x10",
                          "history=65537",
                          "history=",
                          "checks=on",
                          "quarantine=",
                          "quarantine=5T",
                          "quarantine=-1",
                          "quarantine=99999999999G",
                          "exit",
                          "exit=",
                          "chaos",
                          "chaos=seed",
                          "chaos=18446744073709551616",
                          "socket",
                          "socket=maybe",
                          " all",
                          "all;off"}) {
    const std::string wrong = ledger::apply(std::string("all,") + bad);
    EXPECT_NE(wrong.find(std::string("'") + bad + "'"), std::string::npos) << bad << ": " << wrong;
    EXPECT_GT(wrong.size(), std::string(bad).size() + 10) << "it says what to do: " << wrong;
    EXPECT_EQ(ledger::settings(), before) << bad;
  }
}

TEST_F(settings, all_and_off_at_once_is_refused) {
  EXPECT_NE(ledger::apply("all,off,socket=off"), "") << ledger::settings();
  EXPECT_NE(ledger::apply("off,types=lion,socket=off"), "") << ledger::settings();
}

TEST_F(settings, a_type_is_chosen_by_its_name_or_by_its_last_part_and_not_by_a_part_of_a_word) {
  ASSERT_EQ(ledger::apply("types=lion+zoo::tiger,stacks=0,socket=off"), "");
  const auto lion = make<zoo::lion>();
  const auto sealion = make<zoo::sealion>();
  const auto tiger = make<zoo::tiger>();
  const dump_lines::whole dump = dump_lines::now();
  EXPECT_NE(dump.find(lion.address()), nullptr);
  EXPECT_EQ(dump.find(sealion.address()), nullptr);
  EXPECT_NE(dump.find(tiger.address()), nullptr);
  EXPECT_EQ(dump.type_called("zoo::lion")->share, 1u);
  EXPECT_EQ(dump.type_called("zoo::sealion")->share, 0u);
}

TEST_F(settings, a_type_that_turns_up_later_is_chosen_too) {
  struct newcomer : lastout::kref<newcomer> {};
  ASSERT_EQ(ledger::apply("types=newcomer,stacks=0,socket=off"), "");
  const auto a = make<newcomer>();
  EXPECT_TRUE(held_by(a.address(), {in(a)}));
}

TEST_F(settings, off_forgets_and_leaves_handles_alone) {
  auto a = make<zoo::lion>();
  auto b = a;
  ASSERT_EQ(ledger::apply("off,socket=off"), "");
  EXPECT_TRUE(dump_lines::now().objects.empty());
  auto c = std::move(b);
  auto d = a;
  EXPECT_TRUE(dump_lines::now().objects.empty());
  EXPECT_EQ(a->references(), 3u);
}

TEST_F(settings, what_is_tracked_late_is_known_in_part) {
  ASSERT_EQ(ledger::apply("off,socket=off"), "");
  const auto a = make<zoo::lion>();
  ASSERT_EQ(ledger::apply("all,stacks=0,socket=off"), "");
  EXPECT_EQ(dump_lines::now().find(a.address()), nullptr);
  const auto b = a;
  const dump_lines::whole dump = dump_lines::now();
  const dump_lines::object* const it = dump.find(a.address());
  ASSERT_NE(it, nullptr);
  EXPECT_FALSE(it->whole);
  EXPECT_EQ(it->references, 2u);
  EXPECT_EQ(it->held.size(), 1u);
  EXPECT_NE(ledger::about(a.address()).find("before the ledger looked"), std::string::npos);
}

TEST_F(settings, off_and_on_again_knows_only_what_comes_after) {
  auto a = make<zoo::lion>();
  auto b = a;
  ASSERT_EQ(ledger::apply("off,socket=off"), "");
  ASSERT_EQ(ledger::apply("all,stacks=0,socket=off"), "");
  EXPECT_EQ(dump_lines::now().find(a.address()), nullptr);
  auto c = a;
  const dump_lines::whole dump = dump_lines::now();
  ASSERT_EQ(dump.find(a.address())->held.size(), 1u);
  EXPECT_TRUE(in(c).has(dump.find(a.address())->held[0].where));
  EXPECT_FALSE(dump.find(a.address())->whole);
}

TEST_F(settings, a_share_picks_whole_objects_and_about_as_many) {
  constexpr int objects = 20'000;
  constexpr int references = 3;
  for (const int one_in : {2, 10, 100}) {
    ASSERT_EQ(ledger::apply("all,stacks=0,socket=off,share=1/" + std::to_string(one_in)), "");
    std::vector<external<zoo::lion>> held;
    for (int i = 0; i < objects; ++i) {
      held.push_back(make<zoo::lion>());
      for (int r = 1; r < references; ++r) held.push_back(external<zoo::lion>(held.back()));
    }
    const dump_lines::whole dump = dump_lines::now();
    ASSERT_EQ(dump.wrong, "");
    EXPECT_EQ(dump.type_called("zoo::lion")->share, static_cast<std::uint64_t>(one_in));
    for (const dump_lines::object& each : dump.objects) {
      EXPECT_TRUE(each.whole);
      EXPECT_EQ(each.held.size(), static_cast<std::size_t>(references));
    }
    // Ten standard deviations: addresses are not drawn anew for each run.
    const double expected = double(objects) / one_in;
    const double off = std::abs(static_cast<double>(dump.objects.size()) - expected);
    EXPECT_LT(off * off, 100 * expected) << dump.objects.size() << " of " << objects;
    EXPECT_GT(dump.objects.size(), 0u);
  }
}

TEST_F(settings, a_smaller_share_lets_go_of_whole_objects) {
  std::vector<external<zoo::lion>> held;
  for (int i = 0; i < 1000; ++i) {
    held.push_back(make<zoo::lion>());
    held.push_back(external<zoo::lion>(held.back()));
  }
  ASSERT_EQ(ledger::apply("all,stacks=0,socket=off,share=1/4"), "");
  const dump_lines::whole dump = dump_lines::now();
  EXPECT_GT(dump.objects.size(), 100u);
  EXPECT_LT(dump.objects.size(), 500u);
  for (const dump_lines::object& each : dump.objects) {
    EXPECT_TRUE(each.whole);
    EXPECT_EQ(each.held.size(), 2u);
  }
}

[[gnu::noinline]] external<zoo::lion> deep(const external<zoo::lion>& of, int depth) {
  if (depth == 0) return of;
  external<zoo::lion> out = deep(of, depth - 1);
  asm volatile("" : : "r"(&out) : "memory");  // no tail call
  return out;
}

TEST_F(settings, stacks_are_as_deep_as_was_said) {
  const auto a = make<zoo::lion>();
  for (const std::size_t depth : {0u, 1u, 5u, 20u}) {
    ASSERT_EQ(ledger::apply("all,socket=off,stacks=" + std::to_string(depth)), "");
    const auto b = deep(a, 40);
    const dump_lines::whole dump = dump_lines::now();
    for (const dump_lines::reference& each : dump.find(a.address())->held) {
      if (!in(b).has(each.where)) continue;
      EXPECT_EQ(each.stack != 0, depth != 0);
      if (each.stack == 0) continue;
      std::size_t of_deep = 0;
      for (const std::uint64_t frame : dump.stacks.at(each.stack))
        of_deep += frame - reinterpret_cast<std::uintptr_t>(&deep) < 512 ? 1 : 0;
      EXPECT_GE(of_deep, depth);
      EXPECT_LE(of_deep, depth + 2);
    }
  }
}

TEST_F(settings, a_history_keeps_the_last_events_in_order) {
  ASSERT_EQ(ledger::apply("all,stacks=0,socket=off,history=4"), "");
  const auto a = make<zoo::lion>();
  {
    const auto b = a;
  }
  auto all_of = [&] {
    std::string out;
    std::uint64_t last = 0;
    const dump_lines::whole dump = dump_lines::now();
    for (const dump_lines::deed& each : dump.find(a.address())->history) {
      EXPECT_GE(each.when_ns, last);
      last = each.when_ns;
      out += each.what + " ";
    }
    return out;
  };
  EXPECT_EQ(all_of(), "born got got put ");
  for (int i = 0; i < 100; ++i) {
    const auto b = a;
  }
  EXPECT_EQ(all_of(), "got put got put ");
}

TEST_F(settings, one_object_can_be_watched_alone) {
  const auto a = make<zoo::lion>();
  const auto other = make<zoo::lion>();
  EXPECT_TRUE(ledger::watch(a.address(), 3));
  EXPECT_FALSE(ledger::watch(&a, 3)) << "nothing is there";
  for (int i = 0; i < 5; ++i) {
    const auto b = a;
    const auto c = other;
  }
  dump_lines::whole dump = dump_lines::now();
  EXPECT_EQ(dump.find(a.address())->history.size(), 3u);
  EXPECT_EQ(dump.find(other.address())->history.size(), 0u);
  EXPECT_TRUE(ledger::watch(a.address(), 100)) << "a longer one keeps what was there";
  {
    const auto b = a;
  }
  dump = dump_lines::now();
  EXPECT_EQ(dump.find(a.address())->history.size(), 5u);
}

TEST_F(settings, histories_of_many_objects_leave_the_process_its_mappings) {
  // Each mapping is one of some 65,000 that a process may have: the ledger's use is its own affair.
  const auto mappings = [] {
    std::ifstream maps("/proc/self/maps");
    std::string line;
    std::size_t n = 0;
    while (std::getline(maps, line)) ++n;
    return n;
  };
  const std::size_t before = mappings();
  ASSERT_EQ(ledger::apply("all,stacks=0,socket=off,history=8"), "");
  std::vector<external<zoo::lion>> held;
  for (int i = 0; i < 20'000; ++i) held.push_back(make<zoo::lion>());
  for (std::size_t i = 0; i < held.size(); i += 2) held[i].put();
  EXPECT_LT(mappings(), before + 2000);
}

TEST_F(settings, choosing_again_and_again_while_others_get_and_put_loses_nothing) {
  std::atomic<bool> done = false;
  std::vector<std::thread> users;
  for (int i = 0; i < 3; ++i) {
    users.emplace_back([&done] {
      while (!done) {
        auto a = make<zoo::lion>();
        auto b = a;
        auto c = std::move(a);
        std::vector<external<zoo::lion>> more(5, b);
      }
    });
  }
  for (int i = 0; i < rounds(150); ++i) {
    const char* const wanted[] = {"all,stacks=0,socket=off", "off,socket=off",
                                  "all,stacks=2,history=3,socket=off,share=1/3",
                                  "types=tiger,checks,socket=off"};
    EXPECT_EQ(ledger::apply(wanted[i % 4]), "");
    EXPECT_EQ(dump_lines::now().wrong, "");
  }
  done = true;
  for (std::thread& each : users) each.join();
  ASSERT_EQ(ledger::apply("all,stacks=0,socket=off"), "");
  EXPECT_EQ(dump_lines::now().references, 0u);
}

// A reference given away with its object on the books, and taken over while those are being let go of,
// is not taken for one that nobody has put.
TEST_F(settings, what_is_let_go_of_while_references_are_handed_over_robs_nobody) {
  std::vector<external<zoo::tiger>> many;  // letting go of these takes a while
  for (int i = 0; i < times(20'000); ++i) many.push_back(make<zoo::tiger>());
  std::atomic<bool> done = false;
  std::vector<std::thread> users;
  for (int i = 0; i < 2; ++i) {
    users.emplace_back([&done] {
      std::vector<zoo::lion*> given(64, nullptr);
      while (!done) {
        for (zoo::lion*& each : given) each = make<zoo::lion>().leak();
        for (zoo::lion* const each : given) external<zoo::lion>::adopt(each).put();
      }
    });
  }
  for (int i = 0; i < rounds(30); ++i) {
    EXPECT_EQ(ledger::apply("all,stacks=0,socket=off"), "");
    for (external<zoo::tiger>& each : many) each = external<zoo::tiger>::get(*each);
    EXPECT_EQ(ledger::apply("off,socket=off"), "");
  }
  done = true;
  for (std::thread& each : users) each.join();
}

// A is released while a choice comes into force, and B is made at its address; then the ledger lets
// go of all. Who adopts a reference to B just then is not told that A is dead.
TEST_F(settings, who_lives_where_another_has_just_died_is_not_taken_for_him) {
  struct cub : kref<cub> {};      // known last, so looked at last when a choice comes into force
  std::string slowly = "types=";  // for each type all of these names are looked at
  while (slowly.size() < 4000) slowly += "x+";
  slowly += "x,stacks=16,socket=off";
  std::atomic<bool> done = false;
  const auto lives_and_dies = [] { external<cub>::adopt(make<cub>().leak()).put(); };
  lives_and_dies();
  std::thread user([&] {
    while (!done) lives_and_dies();
  });
  for (int i = 0; i < rounds(3000); ++i) {
    EXPECT_EQ(ledger::apply("all,socket=off"), "");
    EXPECT_EQ(ledger::apply(slowly), "");
  }
  done = true;
  user.join();
}

}  // namespace
