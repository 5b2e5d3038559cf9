// heap_chunks.hpp - where a slab of a test has its chunks from: the heap. (T keeps statics apart.)
//
//   template <>
//   struct lastout::slab_shape<crumb> : heap_chunks<crumb, 4096, 4> {};

#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>

template <class T, std::size_t Bytes, std::size_t Most, std::uint32_t InHand = 2>
struct heap_chunks {
  static constexpr std::size_t chunk_bytes = Bytes;
  static constexpr std::size_t chunks_max = Most;
  static constexpr std::uint32_t in_hand_max = InHand;
  static inline int made = 0;
  static inline void* newest = nullptr;
  static void* chunk() noexcept {
    ++made;
    return newest = std::aligned_alloc(Bytes, Bytes);
  }
  static void fill(void* slot, unsigned char with, std::size_t bytes) noexcept {
    std::memset(slot, with, bytes);
  }
  template <class Common>
  static Common& common() noexcept {
    static constinit Common only;
    return only;
  }
};
