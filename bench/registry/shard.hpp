// shard.hpp - which of 64 shards an id is in: by bits that no map inside a shard looks at alone.

#pragma once

#include <cstddef>
#include <cstdint>

namespace bench {

inline constexpr std::size_t shards = 64;

inline std::size_t shard_of(std::uint64_t id) noexcept {
  return static_cast<std::size_t>((id * 0x9e3779b97f4a7c15) >> 58);
}

}  // namespace bench
