// cache_needs_a_cached_type.cpp - the last put of an object in a cache asks the cache.
// expect: an object in a cache is a `struct T : cached<T>`

#include <lastout/cache.hpp>
#include <lastout/kref.hpp>

#ifdef MUST_NOT_COMPILE
struct texture : lastout::kref<texture>, lastout::in_slab<texture> {
#else
struct texture : lastout::cached<texture> {
#endif
  int id = 0;
};

lastout::cache<int, texture, &texture::id> textures({.idle_charge_max = 1 << 20});
