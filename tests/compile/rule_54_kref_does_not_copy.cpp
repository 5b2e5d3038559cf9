// rule_54_kref_does_not_copy.cpp - a copy of the object would not be a copy of its references.
// expect: (use of deleted function|implicitly-deleted|deleted constructor)

#include <lastout/kref.hpp>

struct session : lastout::kref<session> {
  int number = 0;
};

int snapshot(const session& of) {
#ifdef MUST_NOT_COMPILE
  const session copy = of;
#else
  const session& copy = of;
#endif
  return copy.number;
}
