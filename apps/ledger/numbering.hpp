// numbering.hpp - a dump's own numbers of types, threads, tags or stacks as indices without gaps.
//
// A number may be named before the line that says what it stands for. At the end each must have
// been defined, once.

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

#include "dump.hpp"

namespace lastout::ledger_reader {

class numbering {
 public:
  struct named {
    std::uint64_t number;
    std::size_t line;  // where it was named first
    bool defined;
  };

  /// The index of `number`, a new one when it was never named.
  std::uint32_t index(std::uint64_t number, std::size_t line) {
    std::uint32_t& known =
        number < near_max ? near(number) : far_.try_emplace(number, none).first->second;
    if (known == none) {
      known = static_cast<std::uint32_t>(all_.size());
      all_.push_back({number, line, false});
    }
    return known;
  }

  /// The same, for the line that defines it. Returns  nothing when one did before.
  std::optional<std::uint32_t> define(std::uint64_t number, std::size_t line) {
    const std::uint32_t out = index(number, line);
    if (all_[out].defined) return std::nullopt;
    all_[out].defined = true;
    return out;
  }

  /// The first one that no line defines, or nullptr.
  [[nodiscard]] const named* undefined() const noexcept {
    for (const named& each : all_) {
      if (!each.defined) return &each;
    }
    return nullptr;
  }

 private:
  static constexpr std::uint64_t near_max = 1 << 20;  // above it, a damaged file costs no memory

  std::uint32_t& near(std::uint64_t number) {
    if (number >= near_.size()) near_.resize(number + number / 2 + 64, none);
    return near_[number];
  }

  std::vector<std::uint32_t> near_;
  std::unordered_map<std::uint64_t, std::uint32_t> far_;
  std::vector<named> all_;
};

}  // namespace lastout::ledger_reader
