// pool.hpp - room for many small things of one type, from the system and not from the heap: the
// ledger is called in places where malloc must not be, and its own memory is no leak of the
// program's.
//
// Requires  the caller's lock. What is given back is used again, and never returned to the system.

#pragma once

#include <sys/mman.h>

#include <cstddef>
#include <new>
#include <type_traits>

namespace lastout::ledger {

/// `bytes` of zeroed memory; nullptr when there is none.
inline void* map_memory(std::size_t bytes) noexcept {
  void* const mapped =
      mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return mapped == MAP_FAILED ? nullptr : mapped;
}
inline void unmap_memory(void* memory, std::size_t bytes) noexcept {
  if (memory != nullptr) munmap(memory, bytes);
}

template <class T>
class pool {
  static_assert(std::is_trivially_destructible_v<T>);
  union slot {
    slot* next;
    alignas(T) unsigned char bytes[sizeof(T)];
  };
  static constexpr std::size_t chunk = 256 << 10;

 public:
  constexpr pool() noexcept = default;
  pool(const pool&) = delete;
  pool& operator=(const pool&) = delete;

  /// Returns   a new T; nullptr when there is no memory.
  T* take() noexcept {
    if (free_ == nullptr && fresh_ == end_ && !grow()) return nullptr;
    slot* const out = free_ != nullptr ? free_ : fresh_++;
    if (out == free_) free_ = free_->next;
    ++used_;
    return new (out) T{};
  }
  void give(T* back) noexcept {
    auto* const in = new (back) slot{};
    in->next = free_;
    free_ = in;
    --used_;
  }
  [[nodiscard]] std::size_t used() const noexcept { return used_; }

 private:
  bool grow() noexcept {
    auto* const more = static_cast<slot*>(map_memory(chunk));
    if (more == nullptr) return false;
    fresh_ = more;
    end_ = more + chunk / sizeof(slot);
    return true;
  }

  slot* free_ = nullptr;
  slot* fresh_ = nullptr;  // never used yet, up to end_
  slot* end_ = nullptr;
  std::size_t used_ = 0;
};

}  // namespace lastout::ledger
