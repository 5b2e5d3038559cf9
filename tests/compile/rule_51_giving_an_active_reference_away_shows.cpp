// rule_51_giving_an_active_reference_away_shows.cpp - who passes a reference to a callee that
// consumes it says move.
// expect: (use of deleted function|deleted constructor|call to implicitly-deleted)

#include <utility>

#include <lastout/dual.hpp>

struct superblock : lastout::dual<superblock> {};

void consume(lastout::active<superblock> consumed);

void give(lastout::active<superblock> mine) {
#ifdef MUST_NOT_COMPILE
  consume(mine);
#else
  consume(std::move(mine));
#endif
}
