// cache_does_not_copy.cpp - an object is in one cache.
// expect: (use of deleted function|deleted constructor)

#include <lastout/cache.hpp>

struct texture : lastout::cached<texture> {
  int id = 0;
};
using textures = lastout::cache<int, texture, &texture::id>;

std::size_t how_many(textures& all) {
#ifdef MUST_NOT_COMPILE
  textures copy = all;
#else
  textures& copy = all;
#endif
  return copy.size();
}
