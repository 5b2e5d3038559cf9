// cache_an_ignored_insert_shows.cpp - insert() may answer another object, or none: who ignores that
// goes on with one that nobody finds.
// expect: (ignoring return value|nodiscard)

#include <lastout/cache.hpp>

struct texture : lastout::cached<texture> {
  int id = 0;
};
using textures = lastout::cache<int, texture, &texture::id>;

void put_in(textures& all) {
#ifdef MUST_NOT_COMPILE
  all.insert(lastout::make<texture>());
#else
  const lastout::external<texture> in = all.insert(lastout::make<texture>());
#endif
}
