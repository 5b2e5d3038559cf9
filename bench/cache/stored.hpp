// stored.hpp - what those store whose counts are not in the object: 64 bytes, as the others' are.

#pragma once

#include <cstddef>
#include <cstdint>

#include "../table/thing.hpp"

namespace bench {

struct stored : thing {
  using thing::thing;
  std::byte more[8];
};
static_assert(sizeof(stored) == 64);

}  // namespace bench
