// rule_51_an_ignored_get_shows.cpp - get() returns an owned reference; to drop it unseen is a
// mistake.
// expect: (ignoring return value|nodiscard)

#include <lastout/external.hpp>
#include <lastout/kref.hpp>

struct session : lastout::kref<session> {};

void keep(session& borrowed) {
#ifdef MUST_NOT_COMPILE
  lastout::external<session>::get(borrowed);
#else
  const auto owned = lastout::external<session>::get(borrowed);
#endif
}
