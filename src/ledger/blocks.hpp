// blocks.hpp - room of any size from the system, in few mappings: a process may have some 65,000 of
// them, and most are the program's.
//
// Requires  the caller's lock. What is given back is used again for the like; of the large ones each
// is a mapping, and returned to the system.

#pragma once

#include <bit>
#include <cstddef>

#include "pool.hpp"

namespace lastout::ledger {

class blocks {
  static constexpr std::size_t smallest = 64;
  static constexpr std::size_t largest = 64 << 10;
  static constexpr std::size_t chunk = 256 << 10;
  static constexpr std::size_t sizes = std::bit_width(largest / smallest);

 public:
  constexpr blocks() noexcept = default;
  blocks(const blocks&) = delete;
  blocks& operator=(const blocks&) = delete;

  /// Returns   that many bytes; nullptr when there is no memory.
  void* take(std::size_t bytes) noexcept {
    if (bytes > largest) return map_memory(bytes);
    const std::size_t which = size_of(bytes);
    if (free_block* const again = free_[which]) {
      free_[which] = again->next;
      return again;
    }
    const std::size_t size = smallest << which;
    if (left_ < size) {
      // What is left over is too small for this one, and is not missed.
      fresh_ = static_cast<unsigned char*>(map_memory(chunk));
      left_ = fresh_ == nullptr ? 0 : chunk;
      if (fresh_ == nullptr) return nullptr;
    }
    left_ -= size;
    return fresh_ + left_;
  }
  void give(void* block, std::size_t bytes) noexcept {
    if (block == nullptr) return;
    if (bytes > largest) return unmap_memory(block, bytes);
    free_block*& first = free_[size_of(bytes)];
    first = new (block) free_block{first};
  }

 private:
  struct free_block {
    free_block* next;
  };
  static constexpr std::size_t size_of(std::size_t bytes) noexcept {
    return bytes <= smallest ? 0 : static_cast<std::size_t>(std::bit_width((bytes - 1) / smallest));
  }

  free_block* free_[sizes] = {};
  unsigned char* fresh_ = nullptr;
  std::size_t left_ = 0;
};

}  // namespace lastout::ledger
