// slot_chain.hpp - a queue of objects in a slab, linked by the numbers of their slots.
//
// The newest at one end, the oldest at the other; 4 bytes for each direction, in the object. Under
// the cache's lock, but for a chain of the dead, which is its thread's own.

#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include <lastout/slab.hpp>

namespace lastout {
inline namespace LASTOUT_ABI {

template <class T>
class slot_chain {
 public:
  slot_chain() noexcept = default;
  slot_chain(slot_chain&& other) noexcept
      : newest_(std::exchange(other.newest_, none)),
        oldest_(std::exchange(other.oldest_, none)),
        size_(std::exchange(other.size_, 0)),
        charge_(std::exchange(other.charge_, 0)) {}
  slot_chain& operator=(slot_chain&&) = delete;
  ~slot_chain() = default;

  void push(T& in) noexcept {
    in.older_ = newest_;
    in.newer_ = none;
    const std::uint32_t number = T::memory_type::number_of(&in);
    if (newest_ != none) {
      at(newest_).newer_ = number;
    } else {
      oldest_ = number;
    }
    newest_ = number;
    ++size_;
    charge_ += in.its_charge();
  }

  /// Takes the oldest out; nullptr when there is none.
  [[nodiscard]] T* pop() noexcept {
    if (oldest_ == none) return nullptr;
    T& out = at(oldest_);
    remove(out);
    return &out;
  }

  /// Requires  `out` is in this queue.
  void remove(T& out) noexcept {
    (out.older_ != none ? at(out.older_).newer_ : oldest_) = out.newer_;
    (out.newer_ != none ? at(out.newer_).older_ : newest_) = out.older_;
    --size_;
    charge_ -= out.its_charge();
  }

  [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] std::uint64_t charge() const noexcept { return charge_; }

 private:
  static constexpr std::uint32_t none = 0xffffffff;  // as slab's: no slot has that number
  static T& at(std::uint32_t number) noexcept {
    return *object_in<T>(T::memory_type::used_slot(number));
  }

  std::uint32_t newest_ = none;
  std::uint32_t oldest_ = none;
  std::size_t size_ = 0;
  std::uint64_t charge_ = 0;
};

}  // namespace LASTOUT_ABI
}  // namespace lastout
