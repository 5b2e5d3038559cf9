// example_test.cpp - how somebody explores a protocol of his own: the example of docs/explore.md.

#include <filesystem>
#include <fstream>
#include <memory>

#include <gtest/gtest.h>

#include <lastout/atomic.hpp>

#include "explore/interleave.hpp"

namespace order = lastout::order;

namespace {

// A room for one message: whoever writes waits until it is empty, whoever reads until it is full.
class mailbox {
 public:
  void put(int message) {
    while (full_.load(order::acquire)) lastout::relax();  // (2) pairs with (3)
    message_ = message;
    full_.store(true, order::release);  // (1) pairs with (4)
  }
  int take() {
    while (!full_.load(order::acquire)) lastout::relax();  // (4) pairs with (1)
    const int message = message_;
    full_.store(false, order::release);  // (3) pairs with (2)
    return message;
  }

 private:
  lastout::atomic<bool> full_ = false;
  interleave::plain<int> message_;
};

interleave::result two_messages() {
  return interleave::explore({}, [](interleave::world& w) {
    auto box = std::make_shared<mailbox>();
    w.thread([=] { box->put(1), box->put(2); });
    w.thread([=] {
      interleave::check(box->take() == 1, "the first comes first");
      interleave::check(box->take() == 2, "and then the second");
    });
  });
}

TEST(mailbox_test, messages_come_whole_and_in_order) {
  const interleave::result r = two_messages();
  EXPECT_FALSE(r.failed) << r.message;
  EXPECT_TRUE(r.complete);
}

TEST(mailbox_test, every_order_is_needed) {
  (void)two_messages();  // its sites are known after that
  const auto sites = interleave::sites("example_test.cpp");
  EXPECT_EQ(sites.size(), 4U);
  for (const interleave::site& each : sites) {
    interleave::weaken(each);
    EXPECT_TRUE(two_messages().failed) << each.text();
    interleave::strengthen_all();
  }
}

// A mailbox for two writers would need more: both find it empty.
interleave::result two_writers() {
  return interleave::explore({}, [](interleave::world& w) {
    auto box = std::make_shared<mailbox>();
    w.thread([=] { box->put(1); });
    w.thread([=] { box->put(2); });
    w.thread([=] { box->take(), box->take(); });
  });
}

TEST(mailbox_test, two_writers_lose_a_message) {
  const interleave::result r = two_writers();
  ASSERT_TRUE(r.failed);
  EXPECT_NE(r.message.find("data race"), std::string::npos) << r.message;
}

/// Without the name of the program, which compilers make up.
std::string unnamed(std::string report) {
  const std::string before = "INTERLEAVE_REPLAY=";
  const std::size_t name = report.find(before);
  if (name != std::string::npos) report.erase(name + before.size(), 8);
  return report;
}

/// The block of docs/explore.md that starts with this line.
std::string block_that_starts(const std::string& with) {
  namespace fs = std::filesystem;
  std::ifstream in(fs::path(__FILE__).parent_path() / ".." / ".." / "docs" / "explore.md");
  std::string block, line;
  while (std::getline(in, line) && !line.starts_with(with)) continue;
  for (; in && line != "```"; std::getline(in, line)) block += line + "\n";
  return block;
}

TEST(mailbox_test, the_report_is_the_one_that_the_document_shows) {
  EXPECT_EQ(unnamed(two_writers().message + "\n"), unnamed(block_that_starts("data race")));
}

}  // namespace
