// cache_text_is_found_by_text_only.cpp - what cannot be hashed as the key is, is not looked for.
// expect: (no matching function|no match for call)

#include <lastout/cache.hpp>

#include <string>

struct texture : lastout::cached<texture> {
  std::string name;
};
using textures = lastout::cache<std::string, texture, &texture::name>;

bool known(textures& all) {
#ifdef MUST_NOT_COMPILE
  return bool(all.get(7));
#else
  return bool(all.get("7"));
#endif
}
