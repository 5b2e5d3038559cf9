// rule_61.cpp - compilers do not reorder around the count: order is spelled at each operation, and
// says at both ends what it pairs with.
//
// That each order is needed, and enough, is explored: edges/rule_61_orders_test.cpp.

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>

#include "rules/spelled_orders.hpp"
#include "rules/support.hpp"

namespace {

using rules::spelled_orders;
using rules::verdict;

/// The text of each header of the core, by its file name.
std::map<std::string, std::string> core() {
  namespace fs = std::filesystem;
  const fs::path here = fs::path(__FILE__).parent_path();
  std::map<std::string, std::string> texts;
  for (const fs::directory_entry& each :
       fs::recursive_directory_iterator(here / ".." / ".." / "include" / "lastout")) {
    if (each.path().extension() != ".hpp") continue;
    // These pass on what their callers spell.
    const fs::path name = each.path().filename();
    if (name == "atomic.hpp" || name == "hit_cell.hpp") continue;
    std::ostringstream text;
    text << std::ifstream(each.path()).rdbuf();
    texts[each.path().filename().string()] = text.str();
  }
  return texts;
}

verdict orders_are_spelled_and_paired(const std::string& text) {
  verdict v;
  const spelled_orders read(text);
  for (const std::string& each : read.complaints()) v.require(false, each);
  return v;
}

TEST(rule_61, orders_are_spelled_and_paired) {
  std::size_t operations = 0;
  const auto texts = core();
  for (const auto& [file, text] : texts) {
    SCOPED_TRACE(file);
    EXPECT_HELD(orders_are_spelled_and_paired(text));
    operations += spelled_orders(text).operations_read();
  }
  ASSERT_NE(texts.count("refcount.hpp"), 0U) << "the headers were not found";
  EXPECT_GT(spelled_orders(texts.at("refcount.hpp")).operations_read(), 15U)
      << "the reader is blind";
  EXPECT_GT(spelled_orders(texts.at("dual.hpp")).operations_read(), 12U) << "the reader is blind";
  EXPECT_GT(operations, 30U);
}

/// A copy with each `from` replaced.
std::string broken(std::string text, const std::string& from, const std::string& to) {
  std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << "the core does not say any more: " << from;
  for (; at != std::string::npos; at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
  return text;
}

TEST(rule_61, twin_is_caught) {
  const auto texts = core();
  ASSERT_NE(texts.count("refcount.hpp"), 0U);
  const std::string& word = texts.at("refcount.hpp");
  const auto expect_caught = [](const std::string& text) {
    EXPECT_BROKEN(orders_are_spelled_and_paired(text));
  };
  expect_caught(
      broken(word, "fetch_add(n, order::relaxed)", "fetch_add(n)"));  // seq_cst by silence
  expect_caught(broken(word, "word_.load(order::relaxed)", "word_"));
  expect_caught(
      broken(word, "word_.store(word::live(n), order::release)", "word_ = word::live(n)"));
  expect_caught(broken(word, "success, order::relaxed)", "success)"));
  expect_caught(broken(word, "// (3) pairs with (4)", "// publishes"));
  expect_caught(broken(word, "// (3) pairs with (4)", "// (3) pairs with (5)"));
  expect_caught(broken(word, "// (4) pairs with (1, 3, 6)", "// (4) pairs with (1, 6)"));
  expect_caught(broken(word, "order::acquire", "std::memory_order_seq_cst"));
  expect_caught(word + "\nvoid f() { std::atomic_thread_fence(order::acquire); }\n");
}

// What the reader must not fall for.
TEST(rule_61, the_reader_knows_an_operation_from_its_likeness) {
  EXPECT_HELD(orders_are_spelled_and_paired("a = std::exchange(b, nullptr);"));
  EXPECT_HELD(orders_are_spelled_and_paired("// word_.load() in a comment"));
  EXPECT_HELD(orders_are_spelled_and_paired("say(\"word_.load()\");"));
  EXPECT_HELD(
      orders_are_spelled_and_paired("w.load(order::acquire);  // (2) pairs with (1)\n"
                                    "// (1) pairs with (2)\n"
                                    "w.fetch_add(f(1),\n  order::release);"));
  EXPECT_BROKEN(orders_are_spelled_and_paired("x.load();"));
  EXPECT_BROKEN(orders_are_spelled_and_paired("x->store(1);"));
  EXPECT_BROKEN(orders_are_spelled_and_paired("x.store(1, order::release);"));
  EXPECT_BROKEN(orders_are_spelled_and_paired("atomic<int> x;\nx = 1;"));
  EXPECT_BROKEN(orders_are_spelled_and_paired("atomic<int> x;\n++x;"));
  EXPECT_BROKEN(orders_are_spelled_and_paired("x.compare_exchange_weak(a, b, order::relaxed);"));
}

}  // namespace
