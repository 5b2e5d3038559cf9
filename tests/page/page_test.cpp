// page_test.cpp - what is written into a page: grouped, escaped, bounded.

#include "ledger/page.hpp"

#include <algorithm>
#include <stdexcept>
#include <string_view>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <embedded/visitor_js.hpp>

#include "hand_made.hpp"
#include "ledger/dump.hpp"

namespace lastout::ledger_reader {
namespace {

using json = nlohmann::json;

constexpr std::string_view facts_begin = "<script type=\"application/json\" id=\"facts\">";
constexpr std::string_view script_end = "</script>";

std::string_view facts_text(std::string_view page) {
  page.remove_prefix(page.find(facts_begin) + facts_begin.size());
  return page.substr(0, page.find(script_end));
}

json facts_of(const std::vector<dump>& dumps, const page_bounds& bounds = {}) {
  return json::parse(facts_text(page(dumps, server_frames, bounds)));
}

json facts_of(const dump& of, const page_bounds& bounds = {}) {
  return json::parse(facts_text(page({of}, nullptr, bounds)));
}

std::size_t count(std::string_view text, std::string_view what) {
  std::size_t found = 0;
  for (std::size_t at = text.find(what); at != std::string_view::npos; at = text.find(what, at + 1))
    ++found;
  return found;
}

TEST(page_test, references_at_one_place_are_one_row) {
  const json facts = facts_of(server());
  const json& first = facts["holders"]["rows"][0];
  EXPECT_EQ(first["count"], 12);
  EXPECT_EQ(first["objects"], 12);
  EXPECT_EQ(first["oldest"], 12e9);
  EXPECT_EQ(first["newest"], 1e9);
  EXPECT_EQ(facts["tags"][static_cast<std::size_t>(first["tag"])], "request");
  EXPECT_EQ(first["threads"].size(), 1U);
  EXPECT_EQ(first["threads"][0][1], 12);
  EXPECT_EQ(facts["holders"]["rows"].size(), 7U);
}

TEST(page_test, rows_add_up_to_the_references) {
  const json facts = facts_of(large(400, 5000, 37));
  std::size_t sum = 0;
  for (const json& row : facts["holders"]["rows"]) sum += static_cast<std::size_t>(row["count"]);
  EXPECT_EQ(sum, 5000U + 199U);
  EXPECT_EQ(facts["dumps"][0]["references"], sum);
}

TEST(page_test, kinds_are_not_mixed_in_one_row) {
  dump of = large(2, 2, 1);
  of.objects[1].held[1].kind = reference_kind::existence;
  EXPECT_EQ(facts_of(of)["holders"]["rows"].size(), 2U);
}

TEST(page_test, the_threads_of_a_row_are_those_that_hold_most) {
  dump of = large(2, 0, 1);
  for (const std::uint32_t thread : {4U, 7U, 7U, 7U, 2U, 9U, 2U})
    of.objects[1].held.push_back(held_at(0x7fff00, 1, 0, none, thread));
  page_bounds bounds;
  bounds.threads = 2;
  const json facts = facts_of(of, bounds);
  const json& row = facts["holders"]["rows"][0];
  ASSERT_EQ(row["threads"].size(), 2U);
  EXPECT_EQ(row["threads_left_out"], 2);
  EXPECT_EQ(row["threads"][0][1], 3);
  EXPECT_EQ(row["threads"][1][1], 2);
  EXPECT_EQ(facts["threads"][static_cast<std::size_t>(row["threads"][0][0])]["tid"], 1007);
}

TEST(page_test, growth_compares_the_first_with_the_last) {
  const json growth = facts_of(server())["growth"];
  ASSERT_EQ(growth["rows"].size(), 7U);
  EXPECT_EQ(growth["rows"][0]["first"], 2);
  EXPECT_EQ(growth["rows"][0]["last"], 12);
}

TEST(page_test, what_is_gone_is_growth_downwards) {
  std::vector<dump> dumps = server();
  std::swap(dumps[0].real_ns, dumps[2].real_ns);
  const json growth = facts_of(dumps)["growth"];
  EXPECT_EQ(growth["rows"].back()["first"], 12);
  EXPECT_EQ(growth["rows"].back()["last"], 2);
}

TEST(page_test, dumps_are_put_in_the_order_of_time) {
  std::vector<dump> dumps = server();
  const json in_order = facts_of(dumps);
  std::reverse(dumps.begin(), dumps.end());
  EXPECT_EQ(facts_of(dumps), in_order);
}

TEST(page_test, one_dump_has_no_growth) {
  EXPECT_TRUE(facts_of(large(4, 4, 1))["growth"].is_null());
}

TEST(page_test, a_report_on_nothing_is_refused) {
  EXPECT_THROW(page({}, server_frames), std::invalid_argument);
}

TEST(page_test, hostile_names_end_no_script_and_begin_no_markup) {
  const std::string text = page(server(), server_frames);
  EXPECT_EQ(facts_text(text).find('<'), std::string_view::npos);
  EXPECT_EQ(count(text, "</script"), 2U) << "the facts and the script";
  EXPECT_EQ(count(text, "id=\\\"hostile"), 1U) << "the name is there, as text";
  EXPECT_EQ(count(text, "@script@"), 1U) << "and is not taken for a place to fill";
  const json facts = json::parse(facts_text(text));
  EXPECT_EQ(facts["types"][3]["name"], hostile_type);
}

TEST(page_test, bytes_that_are_no_text_do_no_harm) {
  dump of = large(2, 2, 1);
  of.types[0].name = "app::\xff\xfe";
  EXPECT_EQ(facts_of(of)["types"][0]["name"], "app::\xef\xbf\xbd\xef\xbf\xbd");
}

TEST(page_test, addresses_keep_all_their_digits) {
  dump of = large(2, 1, 1);
  of.objects[1].address = 0xfedcba9876543211;
  const json facts = facts_of(of);
  const json& rows = facts["objects"]["rows"];
  EXPECT_TRUE(std::any_of(rows.begin(), rows.end(),
                          [](const json& row) { return row["address"] == "0xfedcba9876543211"; }));
}

TEST(page_test, without_names_a_frame_is_its_address) {
  dump of = large(2, 2, 1);
  of.stacks = {{0xabc123}};
  EXPECT_EQ(facts_of(of)["frames"][0], "0xabc123");
}

TEST(page_test, a_frame_that_says_nothing_is_left_out_but_not_a_whole_stack) {
  dump of = large(2, 2, 2);
  of.stacks = {{0x10, 0x20, 0x30}, {0x10, 0x30}};
  const auto names = [](const dump&, std::uint64_t address) {
    return address == 0x20 ? std::vector<std::string>{"inlined", "holder"}
                           : std::vector<std::string>();
  };
  const json facts = json::parse(facts_text(page({of}, names)));
  const auto told = [&](std::size_t row) {
    std::string out;
    for (const json& frame :
         facts["stacks"][static_cast<std::size_t>(facts["holders"]["rows"][row]["stack"])])
      out += std::string(facts["frames"][static_cast<std::size_t>(frame)]) + " ";
    return out;
  };
  EXPECT_EQ(told(0), "inlined holder ");
  EXPECT_EQ(told(1), "0x10 0x30 ");
}

TEST(page_test, the_page_names_no_other_place) {
  const std::string text = page(server(), server_frames);
  EXPECT_EQ(count(text, "http"), 2U) << "http-equiv, and the name of SVG's elements";
  EXPECT_EQ(count(text, "http-equiv"), 1U);
  EXPECT_EQ(count(text, "\"http://www.w3.org/2000/svg\""), 1U);
  EXPECT_EQ(count(text, " src="), 1U) << "the hostile tag";
  EXPECT_EQ(count(text, "url("), 1U) << "arrowheads, in the page";
}

TEST(page_test, every_bound_is_kept_and_what_is_left_out_is_counted) {
  dump of = large(1000, 20000, 300);
  of.objects[999].history.resize(30);
  of.dead.resize(9);
  for (dead_object& each : of.dead) each.type = 0;
  page_bounds bounds;
  bounds.objects = 40;
  bounds.references = 5;
  bounds.history = 7;
  bounds.edges = 3;
  bounds.holders = 50;
  bounds.stacks = 60;
  bounds.dead = 4;
  const json facts = facts_of(of, bounds);
  EXPECT_EQ(facts["objects"]["rows"].size(), 40U);
  EXPECT_EQ(facts["objects"]["total"], 1000);
  for (const json& row : facts["objects"]["rows"]) {
    EXPECT_LE(row["references"].size(), 5U);
    EXPECT_LE(row["history"].size(), 7U);
  }
  EXPECT_EQ(facts["objects"]["rows"][0]["history_left_out"], 23)
      << "one with a history comes first";
  EXPECT_EQ(facts["holders"]["rows"].size(), 50U);
  std::size_t references = facts["holders"]["left_out"]["references"];
  for (const json& row : facts["holders"]["rows"]) {
    references += static_cast<std::size_t>(row["count"]);
  }
  EXPECT_EQ(references, facts["dumps"][0]["references"]);
  EXPECT_EQ(facts["stacks"].size(), 60U);
  EXPECT_EQ(facts["edges"].size(), 3U);
  EXPECT_GT(facts["edges_left_out"], 0);
  EXPECT_EQ(facts["dead"]["rows"].size(), 4U);
  EXPECT_EQ(facts["dead"]["left_out"], 5);
}

TEST(page_test, a_listed_object_brings_its_keepers) {
  const dump of = large(200, 0, 1);  // a chain of 100, held by nothing
  page_bounds bounds;
  bounds.objects = 30;
  const json facts = facts_of(of, bounds);
  const json& rows = facts["objects"]["rows"];
  EXPECT_EQ(rows.size(), 30U);
  EXPECT_EQ(std::count_if(rows.begin(), rows.end(),
                          [](const json& row) { return row["keeper"].is_null(); }),
            1)
      << "all hang on the first one";
  EXPECT_EQ(facts["edges"].size(), 29U);
}

TEST(page_test, of_many_references_the_oldest_from_outside_is_listed) {
  dump of = large(2, 0, 1);
  for (std::uint64_t i = 0; i < 20; ++i)
    of.objects[1].held.push_back(held_at(of.objects[0].address, i));
  of.objects[1].held.push_back(held_at(0x7fff00, 500));
  page_bounds bounds;
  bounds.references = 3;
  const json facts = facts_of(of, bounds);
  for (const json& row : facts["objects"]["rows"]) {
    if (row["noted"] == 0) continue;
    ASSERT_EQ(row["references"].size(), 3U);
    EXPECT_EQ(row["references"][2][5], "0x7fff00");
  }
}

TEST(page_test, an_owner_that_is_not_tracked_is_told) {
  dump of = large(2, 1, 1);
  of.objects[1].held[0].owner = 0x5000;
  const json facts = facts_of(of);
  const json& held = facts["objects"]["rows"][0]["references"][0];
  EXPECT_TRUE(held[6].is_null()) << "no object is there";
  EXPECT_EQ(held[7], "0x5000");
}

TEST(page_test, a_large_dump_makes_no_large_page) {
  const std::string text = page({large(100'000, 500'000, 20'000)}, nullptr);
  EXPECT_LT(text.size(), 16U << 20U);
}

}  // namespace
}  // namespace lastout::ledger_reader
