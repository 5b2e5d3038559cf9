// guide_ledger_test.cpp - the blocks of docs/guide.md and README.md about who holds references. They
// compile with the ledger and without it; here without.

#include <gtest/gtest.h>

#include <vector>

#include <lastout/lastout.hpp>

namespace step_ledger {

// [ledger]
struct font : lastout::kref<font> {};

lastout::existence_ref<font> fallback(lastout::make<font>());  // to exist as long as the program

std::vector<lastout::external<font>> warm_up(font& asked) {
  const lastout::holder_tag here("warm-up");  // what is taken in this scope is for this
  return {lastout::external<font>::get(asked), lastout::external<font>::get(*fallback)};
}
// [/ledger]

TEST(guide_ledger_test, an_existence_reference_is_not_put_until_it_is_ended) {
  {
    const std::vector<lastout::external<font>> held = warm_up(*fallback);
    EXPECT_EQ(fallback->references(), 3u);
  }
  EXPECT_EQ(fallback->references(), 1u);
  lastout::existence_ref<font> moved = std::move(fallback);
  EXPECT_FALSE(fallback);
  lastout::external<font> last = moved.end();
  EXPECT_EQ(last->references(), 1u);
  EXPECT_FALSE(moved.end());
}

}  // namespace step_ledger
