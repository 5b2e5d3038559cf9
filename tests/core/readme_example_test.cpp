// readme_example_test.cpp - the example of the README, compiled and run.

#include <cstdint>
#include <map>
#include <mutex>

#include <gtest/gtest.h>

#include <lastout/internal.hpp>
#include <lastout/kref.hpp>

namespace {

// [example]
using session_id = std::uint64_t;

struct session : lastout::kref<session> {  // 4 bytes more, no vtable
  explicit session(session_id name) : id(name) {
    const std::lock_guard lock(table_lock);
    table[id] = {*this, table_lock};  // an internal reference: keeps nothing alive
  }
  void release() noexcept {  // run once, by the last one out
    std::unique_lock lock(table_lock);
    std::erase_if(table, [this](auto& each) { return each.second.refers_to(*this); });
    lock.unlock();
    delete this;
  }
  static lastout::external<session> find(session_id wanted) {
    const std::unique_lock lock(table_lock);
    const auto at = table.find(wanted);
    if (at == table.end()) return {};      // absent; and *at->second does not compile
    return at->second.get_not_zero(lock);  // one atomic add; empty when on its way out
  }
  const session_id id;
  static inline std::mutex table_lock;
  static inline std::map<session_id, lastout::internal<session>> table;
};
// [example]

// A name whose holder is dying is free to be taken again.
TEST(readme_example_test, a_name_that_was_taken_again_outlives_its_former_holder) {
  lastout::external<session> former = lastout::make<session>(7u);
  const auto mine = lastout::make<session>(7u);
  former.put();
  EXPECT_EQ(session::find(7), mine);
}

TEST(readme_example_test, a_session_is_found_while_somebody_uses_it_and_not_afterwards) {
  lastout::external<session> mine = lastout::make<session>(7u);
  const auto other = lastout::make<session>(8u);
  {
    const lastout::external<session> found = session::find(7);
    EXPECT_EQ(found, mine);
    EXPECT_EQ(mine->references(), 2u);
  }
  mine.put();
  EXPECT_FALSE(session::find(7));
  EXPECT_TRUE(session::find(8));
  EXPECT_EQ(session::table.size(), 1u);
}

}  // namespace
