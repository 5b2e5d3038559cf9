// rule_54_object_is_not_assigned.cpp - an assignment would give one object the count of another.
// expect: (use of deleted function|implicitly-deleted|implicitly deleted)

#include <lastout/kref.hpp>

struct session : lastout::kref<session> {
  int number = 0;
};

void reset(session& to, const session& from) {
#ifdef MUST_NOT_COMPILE
  to = from;
#else
  to.number = from.number;
#endif
}
