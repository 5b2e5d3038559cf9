// shard.hpp - which of some shards an id is in: by bits that no map inside a shard looks at alone.

#pragma once

#include <cstddef>
#include <cstdint>

namespace bench {

inline constexpr unsigned shard_bits = 6;
inline constexpr std::size_t shards = std::size_t{1} << shard_bits;

inline std::size_t shard_of(std::uint64_t id, unsigned bits = shard_bits) noexcept {
  return static_cast<std::size_t>((id * 0x9e3779b97f4a7c15) >> (64 - bits));
}

}  // namespace bench
