// censused.hpp - puts a counted type into the census.
//
//   class inode : public kcref<inode, std::mutex>, public censused<inode, kind::inode> { ... };
//
// That gives it the observe() hook, through which the core tells of each event, and operator new
// and delete of its own.

#pragma once

#include <cstddef>
#include <cstdint>
#include <new>
#include <string_view>

#include <lastout/counted.hpp>
#include <vfs/census.hpp>

namespace lastout::vfs {

/// T has `std::string describe() const`, and its destructor begins with leaving().
template <class T, kind Kind>
class censused {
 public:
  static void observe(event what, std::uint32_t n) noexcept {
    census::bump(census::mine().counts[std::size_t(Kind)][std::size_t(what)], n);
  }
  static void count_evicted() noexcept {
    census::bump(census::mine().evicted[std::size_t(Kind)], 1);
  }

  static void* operator new(std::size_t bytes, const std::nothrow_t&) noexcept {
    return census::allocate(
        Kind, bytes, [](const void* object) { return static_cast<const T*>(object)->describe(); });
  }
  static void* operator new(std::size_t) = delete;  // make() does
  // NOLINTNEXTLINE(misc-new-delete-overloads): its new takes std::nothrow
  static void operator delete(void* object) noexcept { census::give_back(object); }
  static void operator delete(void* object, const std::nothrow_t&) noexcept {
    census::give_back(object);
  }

 protected:
  censused() noexcept = default;
  ~censused() = default;
  /// Leaves a name behind, for reports about what happens to the memory afterwards.
  void leaving(std::uint64_t id, std::string_view text = {}) noexcept {
    census::set_label(static_cast<T*>(this), id, text);
  }
};

}  // namespace lastout::vfs
