// rule_56 - a put too many is reported at the put that did it, and names whose reference it took.
//
// Twin: the same program without the put too many, which is silent; and the count by itself, which
// notices it at the last put of an innocent.

#include <thread>
#include <vector>

#include <lastout/dual.hpp>
#include <lastout/external.hpp>
#include <lastout/holder_tag.hpp>
#include <lastout/kref.hpp>

#include "ledger/explained.hpp"
#include "ledger/tracked.hpp"

namespace {

using lastout::external;
using lastout::kref;
using lastout::make;

struct session : kref<session> {
  ~session() { ++freed; }
  int alive = 1;
  static inline int freed = 0;
};

class rule_56_ledger : public ledger_test {
 protected:
  rule_56_ledger() { session::freed = 0; }
  explained told;
};

TEST_F(rule_56_ledger, a_put_out_of_nothing_is_told_then_and_there_with_who_is_robbed) {
  auto a = make<session>();
  a.note_holder("the innocent");
  external<session>::adopt(a.address()).put();
  const auto all = explained::take_all();
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].what, lastout::violation::put_of_anothers);
  EXPECT_EQ(all[0].operation, "put");
  EXPECT_NE(all[0].text.find("the innocent"), std::string::npos) << all[0].text;
  EXPECT_NE(all[0].text.find("adopted by"), std::string::npos) << all[0].text;
  a.put();  // gone by now: that is told too, and nothing is touched
  EXPECT_EQ(explained::take(), "put_of_anothers");
  EXPECT_EQ(session::freed, 1);
}

TEST_F(rule_56_ledger, a_reference_adopted_from_the_dead_is_told_and_leaves_the_handle_empty) {
  auto a = make<session>();
  session* const raw = a.address();
  a.put();
  EXPECT_FALSE(external<session>::adopt(raw));  // under AddressSanitizer a touch would be the end
  const auto all = explained::take_all();
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].what, lastout::violation::adopt_once_dead);
  EXPECT_EQ(all[0].operation, "adopt");
  EXPECT_NE(all[0].text.find("it was released by"), std::string::npos) << all[0].text;
  EXPECT_EQ(session::freed, 1);
}
TEST_F(rule_56_ledger, twin_that_adopts_from_one_born_where_another_died_is_not_told) {
  alignas(session) static std::byte place[sizeof(session)];
  struct here : kref<here> {
    static void* operator new(std::size_t, const std::nothrow_t&) noexcept { return place; }
    static void* operator new(std::size_t) { return place; }
    static void operator delete(void*) noexcept {}
  };
  make<here>().put();
  external<here>::adopt(make<here>().leak()).put();
  EXPECT_EQ(explained::take(), "");
}

TEST_F(rule_56_ledger, twin_that_puts_what_it_was_given_is_not_told) {
  auto a = make<session>();
  external<session> given = a;
  external<session>::adopt(given.leak()).put();
  a.put();
  EXPECT_EQ(explained::take(), "");
  EXPECT_EQ(session::freed, 1);
}

TEST_F(rule_56_ledger, who_is_robbed_does_not_touch_freed_memory) {
  auto a = make<session>();
  external<session> b = a;
  session* const raw = a.address();
  external<session>::adopt(raw).put();
  EXPECT_EQ(explained::take(), "put_of_anothers");
  a.put();  // the count's last: b is left behind
  EXPECT_EQ(session::freed, 1);
  b.put();  // under AddressSanitizer a touch would be the end
  EXPECT_EQ(session::freed, 1);
  EXPECT_EQ(explained::take(), "put_of_anothers");
}

TEST_F(rule_56_ledger, a_last_put_that_leaves_references_behind_is_told_at_the_last_put) {
  auto a = make<session>();
  a.note_holder("left behind");
  {
    // Not adopted: the number alone was lowered, as C code would.
    lastout::reference_access::put(*a);
  }
  const auto all = explained::take_all();
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].what, lastout::violation::put_of_anothers);
  EXPECT_EQ(all[0].operation, "release");
  EXPECT_NE(all[0].text.find("left behind"), std::string::npos) << all[0].text;
  a.put();
  EXPECT_EQ(explained::take(), "put_of_anothers");
}

TEST_F(rule_56_ledger, the_robber_may_be_another_thread_and_is_named) {
  auto a = make<session>();
  external<session> b = a;
  std::thread robber([raw = a.address()] {
    pthread_setname_np(pthread_self(), "robber");
    external<session>::adopt(raw).put();
  });
  robber.join();
  const auto all = explained::take_all();
  ASSERT_EQ(all.size(), 1u);
  EXPECT_NE(all[0].text.find("robber"), std::string::npos) << all[0].text;
  a.put();
  b.put();
  EXPECT_EQ(explained::take(), "put_of_anothers");
}

TEST_F(rule_56_ledger, what_is_put_once_dead_names_who_released_it) {
  EXPECT_EQ(lastout::ledger::apply("all,stacks=0,socket=off,quarantine=1M"), "");
  auto a = make<session>();
  const session* const gone = a.address();
  a.put();
  const std::string known = lastout::ledger::about(gone);
  EXPECT_NE(known.find("released by"), std::string::npos) << known;
  EXPECT_NE(known.find("born"), std::string::npos) << known;
}

TEST_F(rule_56_ledger, a_tracking_that_began_late_accuses_nobody) {
  EXPECT_EQ(lastout::ledger::apply("off,socket=off"), "");
  auto a = make<session>();
  auto b = a;
  session* const raw = b.leak();
  EXPECT_EQ(lastout::ledger::apply("all,stacks=0,socket=off"), "");
  auto c = a;
  external<session>::adopt(raw).put();
  c.put();
  a.put();
  EXPECT_EQ(explained::take(), "");
  EXPECT_EQ(session::freed, 1);
}

struct super : lastout::dual<super, lastout::named_holders> {
  ~super() { ++freed; }
  int room[8] = {};
  static inline int freed = 0;
};

TEST_F(rule_56_ledger, who_is_robbed_of_an_active_reference_does_not_touch_freed_memory) {
  super::freed = 0;
  auto a = lastout::make_active<super>();
  auto b = a.share("innocent");
  lastout::active<super>::adopt(a.address()).put();
  EXPECT_EQ(explained::take(), "put_of_anothers");
  a.put();
  EXPECT_EQ(super::freed, 1);
  b.put();
  EXPECT_EQ(super::freed, 1);
  EXPECT_EQ(explained::take(), "put_of_anothers");
}

TEST_F(rule_56_ledger, who_is_robbed_under_checks_does_not_touch_freed_memory) {
  EXPECT_EQ(lastout::ledger::apply("all,stacks=0,socket=off,checks"), "");
  auto a = make<session>();
  external<session> b = a;
  external<session>::adopt(a.address()).put();
  a.put();
  b.put();
  EXPECT_EQ(explained::take(), "put_of_anothers put_of_anothers");
  EXPECT_EQ(session::freed, 1);
}

// The object's address as the word reports it is the one that the ledger knows it by, wherever the
// count stands in it.
struct later : lastout::dual<later> {
  virtual ~later() = default;
};

TEST_F(rule_56_ledger, misuse_of_a_dual_whose_count_is_not_first_is_explained) {
  auto a = lastout::make_active<later>();
  auto p = a.get_passive();
  static later* leaked = nullptr;  // by design: it can be reached, so no leak checker minds
  leaked = a.address();
  a.put();
  lastout::active<later>::adopt(leaked).put();  // none is left: put_at_zero, and it leaks
  const auto all = explained::take_all();
  ASSERT_FALSE(all.empty());
  const auto& last = all.back();
  EXPECT_EQ(last.what, lastout::violation::put_at_zero);
  EXPECT_NE(last.text.find("1 reference to it"), std::string::npos) << last.text;
  p.put();
}

}  // namespace
