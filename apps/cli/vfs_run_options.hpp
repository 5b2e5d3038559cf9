// vfs_run_options.hpp - what a person asked `lastout vfs run` to do, and the options that say it.

#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "command.hpp"

namespace cli {

enum class planted : std::uint8_t { nothing, leak, double_put, touch_after_put, early_free };

const char* name(planted bug) noexcept;

struct vfs_run_options {
  std::string tree = "/usr/include";
  unsigned threads = 1;
  double seconds = 10;
  std::optional<std::uint64_t> budget_bytes;  // a quarter of the tree when not given
  std::uint64_t seed = 1;
  std::string json_path;  // empty: no JSON
  planted plant = planted::nothing;
  std::optional<std::uint64_t> chaos_seed;
};

/// `lastout vfs run`.
command vfs_run_command();

}  // namespace cli
