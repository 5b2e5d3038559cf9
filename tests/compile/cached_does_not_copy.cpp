// cached_does_not_copy.cpp - a copy of the object would not be a copy of its references (rule 54).
// expect: (use of deleted function|implicitly-deleted|deleted constructor)

#include <lastout/cached.hpp>

struct texture : lastout::cached<texture> {
  int id = 0;
};

int snapshot(const texture& of) {
#ifdef MUST_NOT_COMPILE
  const texture copy = of;
#else
  const texture& copy = of;
#endif
  return copy.id;
}
