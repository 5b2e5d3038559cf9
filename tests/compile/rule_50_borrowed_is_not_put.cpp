// rule_50_borrowed_is_not_put.cpp - what is borrowed is a T&, and a T has no put of its own.
// expect: (is private|is inaccessible|private member|private within this context)

#include <lastout/external.hpp>
#include <lastout/kref.hpp>

struct session : lastout::kref<session> {};

void use(session& borrowed) {
#ifdef MUST_NOT_COMPILE
  borrowed.put_reference();
#else
  lastout::external<session>::get(borrowed).put();
#endif
}
