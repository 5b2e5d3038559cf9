// scenarios.cpp - each scenario of tests/edges as a case of its own, so that a mutant is run against
// those that reach it.

#include <string>

#include <gtest/gtest.h>

#include "driver.hpp"
#include "edges/scenario.hpp"

namespace {

// What a mutant breaks shows early in the walk, as a dropped order does: edges_test.cpp.
constexpr std::size_t some = 20'000;

class scenario_case : public testing::Test {
 public:
  explicit scenario_case(const scenario::entry& shown) : shown_(shown) {}
  void TestBody() override {
    const interleave::result walked = scenario::walk(shown_, some);
    EXPECT_FALSE(walked.failed) << shown_.name << "\n" << walked.message;
  }

 private:
  const scenario::entry& shown_;
};

}  // namespace

void lastout::mutant::add_cases() {
  std::size_t number = 0;
  for (const scenario::entry& each : scenario::all()) {
    // The name is the case's parameter: as a part of a filter it would be a pattern.
    testing::RegisterTest("scenario", ("number_" + std::to_string(number++)).c_str(), nullptr,
                          each.name.c_str(), __FILE__, __LINE__,
                          [&each]() -> testing::Test* { return new scenario_case(each); });
  }
}
