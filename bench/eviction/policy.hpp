// policy.hpp - what decides who stays in a cache; here with keys only, without objects.

#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>

namespace eviction {

/// A key of a workload; workloads number theirs from 0, so that a policy can use arrays.
using key = std::uint32_t;
constexpr key no_key = std::numeric_limits<key>::max();

class policy {
 public:
  policy() = default;
  policy(const policy&) = delete;
  policy& operator=(const policy&) = delete;
  virtual ~policy() = default;

  /// Looks `k` up; what is missing is brought in, which may evict others.
  /// Returns   true on a hit.
  virtual bool access(key k) = 0;

  /// How often an entry was looked at by a hand that seeks whom to evict. 0: it has no hand.
  [[nodiscard]] virtual std::uint64_t visits() const { return 0; }

  /// Entries held now.
  [[nodiscard]] virtual std::size_t size() const = 0;
};

}  // namespace eviction
