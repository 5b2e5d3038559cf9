// edges_test.cpp - every scenario holds in every interleaving, every order in the headers is needed,
// and docs/edges.md says so.
//
// LASTOUT_WRITE_EDGES=1 with --gtest_filter='docs*' writes docs/edges.md. LASTOUT_VERIFY=1 walks
// further than docs/edges.md says.

#include <algorithm>
#include <cstdio>
#include <map>
#include <set>
#include <string>

#include <gtest/gtest.h>

#include "edges/edge_tables.hpp"
#include "edges/scenario.hpp"

namespace {

using edges::half_order;
using edges::row;

std::string table_text() { return edges::text_of(edges::document()); }

std::string test_name(const std::string& from) {
  std::string out;
  for (const char c : from) {
    const bool plain = std::isalnum(static_cast<unsigned char>(c)) != 0;
    if (plain || (!out.empty() && out.back() != '_')) out += plain ? c : '_';
  }
  return out;
}

class scenario_test : public testing::TestWithParam<scenario::entry> {};

TEST_P(scenario_test, holds_as_far_as_the_table_says) {
  interleave::forget_sites();
  const scenario::entry& it = GetParam();
  const scenario::outcome walked = scenario::walk(it);
  EXPECT_FALSE(walked.failed) << walked.message;
  EXPECT_TRUE(walked.failed || walked.complete) << "not all walked";
  for (const interleave::site& each : interleave::sites()) {
    const bool known = std::any_of(edges::all_halves().begin(), edges::all_halves().end(),
                                   [&each](const half_order& spelled) { return spelled.is(each); });
    EXPECT_TRUE(known) << "the reader of orders does not see " << each.text();
  }
  if (scenario::verifying()) return;
  const row found = edges::scenario_row(it, walked);
  const std::vector<row> table = edges::table_of(table_text(), "Protocols");
  EXPECT_NE(std::find(table.begin(), table.end(), found), table.end())
      << "docs/edges.md does not say " << edges::line_of(found);
}
INSTANTIATE_TEST_SUITE_P(, scenario_test, testing::ValuesIn(scenario::all()),
                         [](const auto& of) { return test_name(of.param.name); });

// Mechanical: one end of one order dropped, everywhere in the headers.
class order_test : public testing::TestWithParam<half_order> {};

TEST_P(order_test, is_missed_by_who_the_table_says) {
  const half_order& it = GetParam();
  const row key = it.key();
  const std::vector<row> table = edges::table_of(table_text(), "Orders");
  const auto found = std::find_if(table.begin(), table.end(), [&key](const row& each) {
    return each.size() == 7 && std::equal(key.begin(), key.end(), each.begin());
  });
  ASSERT_NE(found, table.end()) << "docs/edges.md has no row for it: which scenario misses it?";
  EXPECT_EQ(edges::missed_by(it, *found), *found);
}
INSTANTIATE_TEST_SUITE_P(, order_test, testing::ValuesIn(edges::all_halves()),
                         [](const auto& of) { return of.param.name(); });

// What else the document says is what is found.

TEST(docs_edges_test, the_document_has_each_order_and_scenario_once_and_no_other) {
  if (std::getenv("LASTOUT_WRITE_EDGES") != nullptr) {
    const std::vector<row> before = edges::table_of(table_text(), "Orders");
    std::vector<row> walked, missed;
    for (const scenario::entry& each : scenario::all()) {
      walked.push_back(edges::scenario_row(each, scenario::walk(each)));
      std::fprintf(stderr, "%s", edges::line_of(walked.back()).c_str());
    }
    for (const half_order& each : edges::all_halves()) {
      const row key = each.key();
      const auto known = std::find_if(before.begin(), before.end(), [&key](const row& r) {
        return r.size() == 7 && std::equal(key.begin(), key.end(), r.begin());
      });
      missed.push_back(edges::missed_by(each, known != before.end() ? *known : row{}));
      std::fprintf(stderr, "%s", edges::line_of(missed.back()).c_str());
    }
    std::ofstream(edges::document()) << edges::written(walked, missed, edges::rule_rows());
  }
  const std::string text = table_text();
  std::vector<row> scenarios = edges::table_of(text, "Protocols");
  ASSERT_EQ(scenarios.size(), scenario::all().size());
  std::vector<row> orders = edges::table_of(text, "Orders");
  ASSERT_EQ(orders.size(), edges::all_halves().size());
  for (std::size_t i = 0; i < orders.size(); ++i) {
    const row key = edges::all_halves()[i].key();
    ASSERT_EQ(orders[i].size(), 7u);
    EXPECT_TRUE(std::equal(key.begin(), key.end(), orders[i].begin())) << edges::line_of(orders[i]);
    EXPECT_NE(orders[i][5], "NOBODY") << edges::line_of(orders[i]);
  }
  EXPECT_EQ(text, edges::written(scenarios, orders, edges::table_of(text, "Rules")))
      << "the words around the tables";
}

TEST(docs_edges_test, each_rule_has_the_twins_that_the_document_names) {
  const std::vector<row> found = edges::rule_rows();
  ASSERT_GE(found.size(), 67u) << "docs/rules.md was not read";
  for (const row& each : found) EXPECT_NE(each[2], "**none**") << "rule " << each[0];
  EXPECT_EQ(edges::table_of(table_text(), "Rules"), found);
}

TEST(docs_edges_test, a_twin_is_found_whichever_macro_declares_it) {
  const std::map<int, std::set<std::string>> found = edges::twins();
  std::size_t twins = 0;
  for (const auto& [rule, called] : edges::called_twins()) {
    twins += called.size();
    for (const std::string& each : called)
      EXPECT_TRUE(found.contains(rule) && found.at(rule).contains(each))
          << "rule " << rule << ", " << each;
  }
  EXPECT_GE(twins, 100u) << "the tests were not read";
}

// A weak exchange may fail for no reason, and must be tried again: walks see to that.
scenario::entry two_add(int tries) {
  const auto set_up = [tries](interleave::world& w) {
    auto n = std::make_shared<lastout::atomic<int>>(0);
    for (int i = 0; i < 2; ++i) {
      w.thread([n, tries] {
        int seen = n->load(lastout::order::relaxed);
        for (int left = tries; left > 0; --left) {
          if (n->compare_exchange_weak(seen, seen + 1, lastout::order::relaxed,
                                       lastout::order::relaxed))
            return;
        }
        interleave::fail("not added");
      });
    }
  };
  return {"", "two add", set_up};
}
TEST(edges_test, a_weak_exchange_that_is_tried_too_few_times_is_found) {
  EXPECT_FALSE(scenario::walk(two_add(4)).failed);
  EXPECT_TRUE(scenario::walk(two_add(2)).failed);
}

// The edges that the headers number, each with the scenario that shows it and the two orders at its
// ends: the same scenario breaks at either.
struct edge {
  const char* scenario;
  const char* file;
  const char* from;
  const char* to;
};
constexpr edge both_ends[] = {
    {"put -> settle", "refcount.hpp", "fetch_sub(release)", "compare_exchange(acquire)"},
    {"put_not_last -> settle", "refcount.hpp", "compare_exchange(release)",
     "compare_exchange(acquire)"},
    {"put -> freeze", "refcount.hpp", "fetch_sub(release)", "compare_exchange(acquire)"},
    {"put -> resurrect", "refcount.hpp", "fetch_sub(release)", "compare_exchange(acquire)"},
    {"birth -> get_not_zero", "refcount.hpp", "store(release)", "fetch_add(acquire)"},
    {"unfreeze -> get_not_zero", "refcount.hpp", "compare_exchange(release)", "fetch_add(acquire)"},
    {"leave -> settle: a stalled releaser", "refcount.hpp", "compare_exchange(release)",
     "compare_exchange(acquire)"},
    {"put -> settle, locked_word", "locked_word.hpp", "store(release)", "exchange(acquire)"},
    {"put -> last put, external_word", "external_word.hpp", "fetch_sub(release)",
     "compare_exchange(acquire)"},
    {"on_violation -> handler", "violation.hpp", "exchange(release)", "load(acquire)"},
    {"dual: put of an active -> deactivate", "dual.hpp", "fetch_sub(release)", "load(acquire)"},
    {"dual: put of a passive -> release", "dual.hpp", "fetch_sub(release)", "load(acquire)"},
    {"dual: close, drain against share and put", "dual.hpp", "fetch_or(release)", "load(acquire)"},
    {"dual: birth -> get_active", "dual.hpp", "store(release)", "compare_exchange(acquire)"},
    {"dual: birth -> get_passive", "dual.hpp", "store(release)", "compare_exchange(acquire)"},
};

bool fails_without(const scenario::entry& shown_by, const char* file, const char* order) {
  bool known = false;
  for (const interleave::site& each : interleave::sites(file)) {
    if (each.text().find(std::string(" ") + order) != std::string::npos)
      known |= interleave::weaken(each);
  }
  EXPECT_TRUE(known) << file << " has no " << order;
  const bool failed = scenario::walk(shown_by, edges::some).failed;
  interleave::strengthen_all();
  return failed;
}

TEST(edges_test, each_edge_breaks_when_either_end_is_weakened) {
  interleave::forget_sites();
  for (const edge& each : both_ends) {
    const scenario::entry* const shown_by = edges::scenario_of(each.scenario);
    ASSERT_NE(shown_by, nullptr) << each.scenario;
    ASSERT_FALSE(scenario::walk(*shown_by, edges::some).failed) << each.scenario;
    EXPECT_TRUE(fails_without(*shown_by, each.file, each.from))
        << each.scenario << ": " << each.from;
    EXPECT_TRUE(fails_without(*shown_by, each.file, each.to)) << each.scenario << ": " << each.to;
  }
}

}  // namespace
