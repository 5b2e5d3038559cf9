// thing.hpp - what stands in the tables: an id and 48 bytes that nobody looks at.
//
// With the count and what belongs to it an object has 64 bytes where the count is in the object.

#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "../subject.hpp"

namespace bench {

struct thing {
  explicit thing(std::uint64_t of) noexcept : id(of) {}
  const std::uint64_t id;
  std::byte payload[48];
};

/// What users of a reference do, for our purposes. It is also a check that everybody pays: while
/// the reference is held, the object is the one that was looked for.
template <class T>
void use_as(const T& found, std::uint64_t id) noexcept {
  use(&found);
  if (found.id != id) [[unlikely]]
    std::abort();
}

}  // namespace bench
