// in_slab.hpp - objects whose memory stays of their type, and references to them that are kept for
// ever.
//
// Use it for objects that are found without a lock (registry, cache), and wherever an internal
// reference is kept longer than its object.
//
//   struct session : lastout::kref<session>, lastout::in_slab<session> { ... };
//   lastout::external<session> s = lastout::make<session>(id);
//   const lastout::internal<session, lastout::slab<session>> mark(*s);   // 8 bytes, kept for ever
//   ...
//   if (auto again = mark.get_not_zero()) ...                            // that one, or none
//
// Slot and generation together name one object, and never another one at the same address.
//
// Source: rules 20-24; kref.txt's sequence counter. Record: docs/design/0015-slab.md.

#pragma once

#include <cstddef>
#include <cstdint>
#include <new>

#include <lastout/internal.hpp>
#include <lastout/slab.hpp>

namespace lastout {
inline namespace LASTOUT_ABI {

/// Puts the objects of T on a slab. T makes its objects with `make` and frees them by `delete`;
/// nothing is derived from T: `make` of a derived class answers empty.
template <class T>
class in_slab {
 public:
  using memory_type = slab<T>;

  static void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
    return size == sizeof(T) ? slab<T>::take() : nullptr;
  }
  // NOLINTNEXTLINE(misc-new-delete-overloads): its new takes std::nothrow
  static void operator delete(void* slot) noexcept { slab<T>::give(slot); }
  static void operator delete(void* slot, const std::nothrow_t&) noexcept { slab<T>::give(slot); }
  static void* operator new(std::size_t) = delete;  // make() does
  static void* operator new[](std::size_t) = delete;

 protected:
  constexpr in_slab() noexcept = default;
  ~in_slab() = default;
};

/// T's memory stays of type T, so that a pointer that is too old still leads to a counted word.
/// T's own memory says so with `using memory_type = ...`.
template <class T>
concept type_stable = requires { typename T::memory_type; };

/// An internal reference by slot and generation: to one object, which may be long gone. Refused for
/// ever then. It needs no proof: the memory, T::memory_type's, stays.
template <class T>
class internal<T, slab<T>> {
 public:
  constexpr internal() noexcept = default;

  /// Requires  a reference to the object, borrowed.
  explicit internal(const T& object) noexcept
      : slot_(T::memory_type::number_of(&object)),
        generation_(T::memory_type::generation_of(&object)) {}

  /// Makes an external reference from this one.
  /// Returns   the reference (external<T>, or what the style says); empty when the object is dying,
  ///           dead, or gone, or this one is empty.
  /// Order     acquire.
  /// Cost      one atomic add and five loads; when it is gone, three loads. A put too, when another
  ///           object is born there meanwhile; that put may be its last.
  [[nodiscard]] auto get_not_zero() const noexcept {
    if constexpr (reference_access::has_handle<T>) {
      return promote<typename T::handle_type>();
    } else {
      return promote<external<T>>();
    }
  }

  /// True when this refers to that object.
  [[nodiscard]] bool refers_to(const T& object) const noexcept { return *this == internal(object); }
  [[nodiscard]] explicit operator bool() const noexcept { return generation_ != 0; }
  friend bool operator==(const internal&, const internal&) noexcept = default;

  /// As a number, to be kept where there are no types: 0 is the empty reference. Any number may
  /// come back, and is refused unless it is the right one.
  [[nodiscard]] std::uint64_t number() const noexcept {
    return std::uint64_t{generation_} << 32 | slot_;
  }
  [[nodiscard]] static internal from_number(std::uint64_t number) noexcept {
    internal out;
    out.slot_ = static_cast<std::uint32_t>(number);
    out.generation_ = static_cast<std::uint32_t>(number >> 32);
    return out;
  }

 private:
  // The generation is looked at twice: before, so that a word is not touched for nothing; after,
  // because only a reference keeps the generation.
  template <class Handle>
  Handle promote() const noexcept {
    using memory = typename T::memory_type;
    if (generation_ == 0) return {};
    void* const slot = memory::slot_numbered(slot_);
    if (slot == nullptr || memory::generation_of(slot) != generation_) return {};
    T* const object = object_in<T>(slot);
    if (!reference_access::promote(*object)) return {};
    Handle out = reference_access::hand_out<Handle>(*object);
    if (memory::generation_of(slot) != generation_) out.put();
    return out;
  }

  std::uint32_t slot_ = 0;
  std::uint32_t generation_ = 0;
};

}  // namespace LASTOUT_ABI
}  // namespace lastout
