// small_table.hpp - the registry's algorithm in one array of a few slots, right, or broken on
// purpose.
//
// What the tests of the registry are tested by: each of its precautions can be left out.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <utility>

#include <lastout/atomic.hpp>
#include <lastout/external.hpp>

namespace stress {

/// What is left out.
enum class broken { nothing, second_look, counted_moves, own_names_only, look_before_insert };

/// T has `name`, which is a number. Its home is the slot name % 2, so that all names are in the way of
/// all others.
template <class T, broken Without, class Lock = std::mutex>
class small_table {
  using external = lastout::external<T>;
  static constexpr std::size_t slots_max = 64;
  static constexpr unsigned address_bits = 48;

 public:
  [[nodiscard]] external find(std::uint64_t name) const {
    for (;;) {
      const std::uint32_t before = moves_.load(lastout::order::acquire);
      for (std::size_t at = home(name);; ++at) {
        const std::uint64_t value = slots_[at].load(lastout::order::acquire);
        if (value == 0) break;
        T* const candidate = object(value);
        if (!lastout::reference_access::get_not_zero(*candidate)) continue;
        external got = external::adopt(candidate);
        const bool still =
            Without == broken::second_look || slots_[at].load(lastout::order::acquire) == value;
        if (still && (Without == broken::own_names_only || got->name == name)) return got;
      }
      if (moves_.load(lastout::order::acquire) == before) return {};
    }
  }

  [[nodiscard]] external insert(external made) {
    if (Without == broken::look_before_insert) {
      if (external there = find(made->name)) return there;
    }
    const std::lock_guard guard(lock_);
    std::size_t at = home(made->name);
    for (; look(at) != 0; ++at) {
      T& there = *object(look(at));
      if (Without != broken::look_before_insert && there.name == made->name &&
          lastout::reference_access::get_not_zero(there))
        return external::adopt(&there);
    }
    set(at, pack(*made, at - home(made->name)));
    return made;
  }

  external erase(std::uint64_t name) {
    const std::lock_guard guard(lock_);
    for (std::size_t at = home(name); look(at) != 0; ++at) {
      T& there = *object(look(at));
      if (there.name != name || !lastout::reference_access::get_not_zero(there)) continue;
      take(at);
      return external::adopt(&there);
    }
    return {};
  }

  bool leave(const T& leaving) noexcept {
    const std::lock_guard guard(lock_);
    for (std::size_t at = home(leaving.name); look(at) != 0; ++at) {
      if (object(look(at)) != &leaving) continue;
      take(at);
      return true;
    }
    return false;
  }

  template <class Create>
  [[nodiscard]] external get_or_create(std::uint64_t name, Create&& create) {
    if (external there = find(name)) return there;
    return insert(create());
  }

 private:
  static std::size_t home(std::uint64_t name) noexcept { return name % 2; }
  static T* object(std::uint64_t value) noexcept {
    return reinterpret_cast<T*>(value & ((std::uint64_t{1} << address_bits) - 1));
  }
  static std::uint64_t pack(const T& of, std::size_t far) noexcept {
    return reinterpret_cast<std::uintptr_t>(&of) | std::uint64_t{far} << address_bits;
  }
  std::uint64_t look(std::size_t at) const noexcept {
    return slots_[at].load(lastout::order::relaxed);
  }
  void set(std::size_t at, std::uint64_t value) noexcept {
    slots_[at].store(value, lastout::order::release);
  }

  void take(std::size_t hole) {
    for (std::size_t at = hole + 1; look(at) != 0; ++at) {
      const auto far = static_cast<std::size_t>(look(at) >> address_bits);
      if (far < at - hole) continue;
      set(hole, pack(*object(look(at)), far - (at - hole)));
      if (Without != broken::counted_moves)
        moves_.store(moves_.load(lastout::order::relaxed) + 1, lastout::order::release);
      hole = at;
    }
    set(hole, 0);
  }

  Lock lock_;
  std::array<lastout::atomic<std::uint64_t>, slots_max> slots_{};
  lastout::atomic<std::uint32_t> moves_{0};
};

}  // namespace stress
