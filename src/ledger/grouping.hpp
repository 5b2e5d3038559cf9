// grouping.hpp - outstanding references by type, stack and tag: what a person reads first.

#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "object_copies.hpp"

namespace lastout::ledger {

struct group {
  const type_book* type;
  const char* tag;
  std::uint32_t stack;
  std::uint32_t thread;    // of the oldest
  std::uint64_t since_ns;  // of the oldest
  kind as;
  std::size_t references;
  std::size_t threads;  // more than one, or one
};

/// Largest first.
std::vector<group> group_references(const shard_seen& of);
/// Adds those of another shard.
void merge_groups(std::vector<group>& into, const std::vector<group>& more);

/// At most so many groups, and how many are left out.
std::string text_of_groups(const std::vector<group>& groups, std::size_t most);

}  // namespace lastout::ledger
