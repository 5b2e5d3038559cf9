// censused.hpp - puts a counted type into the census.
//
//   class file : public kref<file>, public censused<file, kind::file> { ... };
//
// That gives it the observe() hook, through which the core tells of each event, and operator new
// and delete of its own. `stable_censused` is the same for objects that are found without a lock:
// their memory, the quarantine's turn over, comes from a slab. `cached_censused` is that and the
// style of objects in a cache.

#pragma once

#include <cstddef>
#include <cstdint>
#include <new>
#include <string_view>

#include <lastout/cached.hpp>
#include <lastout/counted.hpp>
#include <lastout/hit_count.hpp>
#include <lastout/refcount.hpp>
#include <lastout/slab.hpp>
#include <vfs/census.hpp>

namespace lastout::vfs {

/// T has `std::string describe() const`, and its destructor begins with leaving().
template <class T, kind Kind>
class censused_base {
 public:
  static void observe(event what, std::uint32_t n) noexcept {
    census::bump(census::mine().counts[std::size_t(Kind)][std::size_t(what)], n);
  }
  static void count_evicted() noexcept {
    census::bump(census::mine().evicted[std::size_t(Kind)], 1);
  }

  static void* operator new(std::size_t) = delete;  // make() does
  // NOLINTNEXTLINE(misc-new-delete-overloads): its new takes std::nothrow
  static void operator delete(void* object) noexcept { census::give_back(object); }
  static void operator delete(void* object, const std::nothrow_t&) noexcept {
    census::give_back(object);
  }

 protected:
  censused_base() noexcept = default;
  ~censused_base() = default;
  /// Leaves a name behind, for reports about what happens to the memory afterwards.
  void leaving(std::uint64_t id, std::string_view text = {}) noexcept {
    census::set_label(static_cast<T*>(this), id, text);
  }

  static void* allocate(std::size_t bytes, const census::memory_source& from) noexcept {
    return census::allocate(
        Kind, bytes, [](const void* object) { return static_cast<const T*>(object)->describe(); },
        from);
  }
};

template <class T, kind Kind>
class censused : public censused_base<T, Kind> {
 public:
  static void* operator new(std::size_t bytes, const std::nothrow_t&) noexcept {
    return censused_base<T, Kind>::allocate(bytes, census::heap);
  }

 protected:
  censused() noexcept = default;
  ~censused() = default;
};

/// An object of T with its census block: what a slot holds.
template <class T>
struct censused_room {
  alignas(std::max_align_t) std::byte bytes[census::block_bytes + sizeof(T)];
};

/// Requires  T's style is its first base: its counted word, a Word, stands at the front.
template <class T, kind Kind, class Word = refcount>
class stable_censused : public censused_base<T, Kind> {
 public:
  using memory_type = slab<censused_room<T>>;

  /// Where the object stands in its slot.
  static T* in_slot(void* slot) noexcept {
    return reinterpret_cast<T*>(static_cast<std::byte*>(slot) + census::block_bytes);
  }

  static void* operator new(std::size_t bytes, const std::nothrow_t&) noexcept {
    static constexpr census::memory_source from = {
        .take = [](std::size_t) noexcept { return memory_type::take(); },
        .give = [](void* memory) noexcept { memory_type::give(memory); },
        .left_alone = sizeof(Word)};
    return censused_base<T, Kind>::allocate(bytes, from);
  }

 protected:
  stable_censused() noexcept = default;
  ~stable_censused() = default;
};

template <class T, kind Kind>
class cached_censused : public cached<T>, public stable_censused<T, Kind, hit_count> {
  using memory = stable_censused<T, Kind, hit_count>;

 public:
  using typename memory::memory_type;
  using memory::operator new;
  using memory::operator delete;

  /// What it weighs in its cache: all the memory that the census counts, but for long names.
  [[nodiscard]] std::size_t charge() const noexcept { return census::block_bytes + sizeof(T); }

 protected:
  cached_censused() noexcept = default;
  ~cached_censused() = default;
};

}  // namespace lastout::vfs
