// name_history_test.cpp - the judge of histories, on histories made by hand.

#include "stress/name_history.hpp"

#include <gtest/gtest.h>

namespace {

using namespace stress;

call found(stamp from, stamp to, object_number got) { return {asked::find, 1, from, to, 0, got}; }
call inserted(stamp from, stamp to, object_number brought, object_number got) {
  return {asked::insert, 1, from, to, brought, got};
}
call created(stamp from, stamp to, object_number brought, object_number got) {
  return {asked::create, 1, from, to, brought, got};
}
call erased(stamp from, stamp to, object_number got) { return {asked::erase, 1, from, to, 0, got}; }
call died(stamp from, stamp to, object_number who) { return {asked::death, 1, from, to, who, 0}; }

TEST(name_history_test, what_one_order_explains_is_accepted) {
  EXPECT_TRUE(explained({}));
  EXPECT_TRUE(explained({found(1, 2, 0), inserted(3, 4, 7, 7), found(5, 6, 7)}));
  EXPECT_TRUE(explained({inserted(1, 4, 7, 7), found(2, 3, 7)})) << "within the insert";
  EXPECT_TRUE(explained({inserted(1, 4, 7, 7), found(2, 3, 0)})) << "within the insert, before it";
  EXPECT_TRUE(explained({inserted(1, 2, 7, 7), inserted(3, 4, 8, 7), died(3, 5, 8)}));
  EXPECT_TRUE(explained({inserted(1, 2, 7, 7), erased(3, 4, 7), erased(5, 6, 0), died(7, 8, 7)}));
  EXPECT_TRUE(explained({inserted(1, 2, 7, 7), died(3, 6, 7), found(4, 5, 7), found(7, 8, 0)}));
  EXPECT_TRUE(explained({inserted(1, 2, 7, 7), died(3, 8, 7), inserted(4, 5, 8, 8)}));
  EXPECT_TRUE(explained({created(1, 6, 7, 7), created(2, 7, 0, 7), found(8, 9, 7)}));
  EXPECT_TRUE(explained({inserted(1, 4, 7, 7), inserted(2, 3, 8, 8), erased(2, 3, 8)}));
}

TEST(name_history_test, what_no_order_explains_is_rejected) {
  EXPECT_FALSE(explained({found(1, 2, 7)})) << "never inserted";
  EXPECT_FALSE(explained({found(1, 2, 7), inserted(3, 4, 7, 7)})) << "too early";
  EXPECT_FALSE(explained({inserted(1, 2, 7, 7), found(3, 4, 0)})) << "missed";
  EXPECT_FALSE(explained({inserted(1, 2, 7, 7), erased(3, 4, 7), found(5, 6, 7)})) << "too late";
  EXPECT_FALSE(explained({inserted(1, 2, 7, 7), inserted(3, 4, 8, 8)})) << "two of one name";
  EXPECT_FALSE(explained({inserted(1, 2, 7, 7), erased(3, 4, 7), erased(3, 4, 7)}));
  EXPECT_FALSE(explained({inserted(1, 2, 7, 7), died(3, 4, 7), found(5, 6, 7)})) << "dead";
  EXPECT_FALSE(explained({inserted(1, 2, 7, 7), inserted(3, 4, 8, 7), found(5, 6, 8)}));
  EXPECT_FALSE(explained({created(1, 6, 7, 7), created(2, 7, 8, 8)})) << "two creators";
  EXPECT_FALSE(explained({created(1, 9, 7, 7), erased(3, 4, 7), created(5, 8, 0, 7)}))
      << "an erased one for who asks after that";
  EXPECT_FALSE(explained({inserted(1, 2, 7, 7), found(3, 8, 7), found(4, 5, 0)}));
}

}  // namespace
