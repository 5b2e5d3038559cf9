// external_to_a_base_that_is_counted_apart.cpp - a base with a count of its own is not kept by the
// derived one's.
// expect: (no viable conversion|could not convert|conversion from)

#include <lastout/external.hpp>
#include <lastout/kref.hpp>

struct part : lastout::kref<part> {
  virtual ~part() = default;
};
#ifdef MUST_NOT_COMPILE
struct whole : lastout::kref<whole> {
  part inside;
};
#else
struct whole : part {};
#endif

lastout::external<part> up(lastout::external<whole> of) { return of; }
