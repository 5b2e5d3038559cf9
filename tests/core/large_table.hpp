// large_table.hpp - a table whose segments are so large that sixteen fill a huge page, and so easily full
// that few names make many.

#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>

#include <lastout/in_slab.hpp>
#include <lastout/kref.hpp>
#include <lastout/name_table.hpp>

struct number : lastout::kref<number>, lastout::in_slab<number> {
  explicit number(std::uint64_t n) : value(n) {}
  const std::uint64_t value;
};

struct large_segments {
  static constexpr std::uint32_t slots = 1U << 14;
  static constexpr std::uint32_t segments_max = 64;
  static constexpr std::uint32_t grow_at = 3;
  static constexpr std::uint32_t shrink_at = 6;
};
using large_table =
    lastout::name_table<std::uint64_t, number, &number::value, lastout::key_hash<std::uint64_t>,
                        std::equal_to<>, large_segments>;
constexpr std::size_t huge_page = std::size_t{2} << 20;
static_assert(huge_page / sizeof(large_table::segment) == 16);
