// contestant.hpp - a policy that takes part in the study, and how to make one.

#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "policy.hpp"

namespace eviction {

/// Lazy: a hit only adds to a number, as in lastout::cache. Eager: a hit changes queues or a sketch.
enum class kind : std::uint8_t { lazy, eager };

struct contestant {
  std::string name;
  kind is;
  std::function<std::unique_ptr<policy>(std::size_t capacity, std::size_t keys)> make;
};

/// The first is the one that others are compared with: LRU.
std::vector<contestant> contestants();

/// lap_fifo with one parameter changed at a time; the first is as it is used.
std::vector<contestant> shapes_of_lap_fifo();

}  // namespace eviction
