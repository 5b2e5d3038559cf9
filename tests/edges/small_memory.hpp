// small_memory.hpp - where a slab of a scenario has its chunks from: a place of its own, small, and
// new in each execution.
//
//   template <>
//   struct lastout::slab_shape<marked> : scenario::small_memory<marked> {};
//
// What a slot is filled with before its first object counts as a plain write to the word that will
// stand there; from then on it is memory that stays of one type.

#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>

#include "explore/interleave.hpp"

namespace scenario {

template <class T, std::size_t Bytes = 512, std::size_t Most = 2>
struct small_memory {
  static constexpr std::size_t chunk_bytes = Bytes;
  static constexpr std::size_t chunks_max = Most;
  static constexpr std::uint32_t in_hand_max = 2;

  /// A new execution: nothing is taken, nothing is known.
  static void fresh() {
    taken_ = 0;
    made_ = nullptr;
    std::memset(memory_, 0xee, sizeof memory_);
  }

  static void* chunk() noexcept { return taken_ == Most ? nullptr : memory_[taken_++]; }
  static void fill(void* slot, unsigned char with, std::size_t bytes) noexcept {
    std::memset(slot, with, bytes);
    if (auto* e = interleave::explorer::running) e->plain_write(slot, interleave::place::here());
    interleave::type_stable(slot, bytes);
  }
  template <class Common>
  static Common& common() noexcept {
    static_assert(sizeof(Common) <= sizeof common_);
    if (made_ == nullptr) made_ = new (common_) Common;
    return *static_cast<Common*>(made_);
  }

 private:
  alignas(Bytes) static inline unsigned char memory_[Most][Bytes];
  static inline std::size_t taken_ = 0;
  alignas(64) static inline unsigned char common_[1024];
  static inline void* made_ = nullptr;
};

}  // namespace scenario
