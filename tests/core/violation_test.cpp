// violation_test.cpp - misuse is told once, with everything that is known, to whom the policy says.

#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <set>
#include <string>
#include <string_view>
#include <thread>

#include <gtest/gtest.h>

#include <lastout/external.hpp>
#include <lastout/kref.hpp>
#include <lastout/violation.hpp>

#include "core/violations_seen.hpp"

namespace {

using lastout::violation;

TEST(violation_test, every_violation_has_a_name_of_its_own) {
  std::set<std::string> names;
  for (int i = 0; i <= static_cast<int>(violation::empty_dereference); ++i) {
    const std::string name = lastout::name(static_cast<violation>(i));
    EXPECT_NE(name, "unknown") << i;
    EXPECT_TRUE(names.insert(name).second) << name;
  }
  EXPECT_STREQ(lastout::name(static_cast<violation>(250)), "unknown");
}

TEST(violation_test, a_handler_is_told_everything) {
  violations_seen seen;
  const int object = 0;
  lastout::report(violation::put_at_zero, {"widget", &object}, "put", 7, "live");
  const auto reports = seen.take_all();
  ASSERT_EQ(reports.size(), 1u);
  EXPECT_EQ(reports[0].what, violation::put_at_zero);
  EXPECT_EQ(reports[0].type, "widget");
  EXPECT_EQ(reports[0].object, &object);
  EXPECT_EQ(reports[0].operation, "put");
  EXPECT_EQ(reports[0].references, 7u);
  EXPECT_EQ(reports[0].state, "live");
}

const void* innermost_frames[4];

TEST(violation_test, a_report_has_a_stack_that_leads_here) {
  const auto before = lastout::on_violation([](const lastout::violation_report& r) noexcept {
    for (std::size_t i = 0; i < 4 && i < r.stack_depth; ++i) innermost_frames[i] = r.stack[i];
  });
  lastout::report(violation::put_at_zero, {}, "put");
  lastout::on_violation(before);
  EXPECT_NE(innermost_frames[0], nullptr);
  EXPECT_NE(innermost_frames[1], nullptr);
}

TEST(violation_test, on_violation_returns_the_handler_that_was_in_force) {
  const lastout::violation_handler mine = [](const lastout::violation_report&) noexcept {};
  const auto first = lastout::on_violation(mine);
  EXPECT_EQ(lastout::on_violation(first), mine);
}

int reports_of_one;

TEST(violation_test, a_handler_may_use_the_object_that_it_is_told_of) {
  const auto before = lastout::on_violation([](const lastout::violation_report& r) noexcept {
    ++reports_of_one;
    EXPECT_TRUE(static_cast<const lastout::refcount*>(r.who.object)->dead());
  });
  lastout::refcount w(1);
  EXPECT_TRUE(w.put());
  w.get();
  lastout::on_violation(before);
  EXPECT_EQ(reports_of_one, 1);
}

struct widget : lastout::kref<widget> {
  void release() noexcept {}
};

TEST(violation_test, a_style_reports_the_type_and_address_of_the_object) {
  violations_seen seen;
  widget on_stack;
  lastout::reference_access::birth(on_stack);
  lastout::reference_access::put(on_stack);
  const auto refused = lastout::external<widget>::get(on_stack).leak();
  EXPECT_EQ(refused, lastout::checked_build ? nullptr : &on_stack);
  const auto reports = seen.take_all();
  ASSERT_FALSE(reports.empty());
  EXPECT_EQ(reports[0].what, violation::get_once_dead);
  EXPECT_NE(reports[0].type.find("widget"), std::string::npos) << reports[0].type;
  EXPECT_EQ(reports[0].object, &on_stack);
  EXPECT_EQ(reports[0].operation, "get");
  EXPECT_EQ(reports[0].state, "dead");
  EXPECT_GT(reports[0].stack_depth, 2u);
}

using violation_death_test = testing::Test;

TEST(violation_death_test, report_and_abort_reports_and_aborts) {
  // GoogleTest would start it anew: it knows of no emulator, and of a mutant it would not be seen what it
  // passes.
  if (std::getenv("LASTOUT_EMULATOR") == nullptr && std::getenv("LASTOUT_MUTANT") == nullptr)
    GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(
      {
        lastout::on_violation(&lastout::report_and_abort);
        lastout::report(violation::wrong_lock, {"widget", nullptr}, "get_not_zero", 3, "live");
      },
      testing::KilledBySignal(SIGABRT),
      "lastout: violation wrong_lock in get_not_zero of widget at .*state live, 3 external "
      "references");
}

TEST(violation_test, who_says_no_number_reports_none) {
  violations_seen seen;
  lastout::report(violation::wrong_lock, {"widget", nullptr}, "get_not_zero");
  const auto told = seen.take_all();
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(told[0].references, 0u);
  EXPECT_EQ(told[0].state, "unknown");
}

TEST(violation_test, report_and_leak_writes_one_line_and_the_stack_and_returns) {
  testing::internal::CaptureStderr();
  const auto before = lastout::on_violation(&lastout::report_and_leak);
  lastout::report(violation::get_at_zero, {"widget", nullptr}, "get", 0, "zero");
  lastout::on_violation(before);
  const std::string text = testing::internal::GetCapturedStderr();
  EXPECT_EQ(text.find("lastout: violation get_at_zero in get of widget"), 0u) << text;
  EXPECT_NE(text.find("\n  #0 "), std::string::npos) << text;
}

TEST(violation_test, report_and_leak_writes_as_many_frames_as_the_stack_has) {
  const void* const stack[] = {&stack[0], &stack[1], &stack[2]};
  testing::internal::CaptureStderr();
  lastout::report_and_leak(
      {violation::put_at_zero, {"widget", nullptr}, "put", 0, "zero", stack, 2});
  const std::string text = testing::internal::GetCapturedStderr();
  EXPECT_NE(text.find("\n  #0 "), std::string::npos) << text;
  EXPECT_NE(text.find("\n  #1 "), std::string::npos) << text;
  EXPECT_EQ(text.find("\n  #2 "), std::string::npos) << text;
}

}  // namespace
