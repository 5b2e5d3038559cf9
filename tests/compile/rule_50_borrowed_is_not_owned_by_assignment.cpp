// rule_50_borrowed_is_not_owned_by_assignment.cpp - to keep what is borrowed takes a get, in so
// many words.
// expect: (conversion from|no viable conversion|could not convert)

#include <lastout/external.hpp>
#include <lastout/kref.hpp>

struct session : lastout::kref<session> {};

lastout::external<session> keep(session& borrowed) {
#ifdef MUST_NOT_COMPILE
  lastout::external<session> kept = borrowed;
#else
  lastout::external<session> kept = lastout::external<session>::get(borrowed);
#endif
  return kept;
}
