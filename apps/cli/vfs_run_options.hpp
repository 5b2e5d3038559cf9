// vfs_run_options.hpp - what a person asked `lastout vfs run` to do, and the command line that
// says it.

#pragma once

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>

namespace cli {

/// Exit statuses. 129, 130 and 143 (128 + the signal) belong to a run that was interrupted and found
/// nothing wrong.
enum exit_status : int { verdict_ok = 0, verdict_failed = 1, cannot_start = 2 };

/// What is wrong with what was asked, and what to do instead: printed as it is, then exit 2.
class bad_request : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

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
};

/// Reads the command line.
/// Returns  the options; or nothing when a text that was asked for (help, version) has been
/// printed.
/// Throws   bad_request.
std::optional<vfs_run_options> read_command_line(int argc, const char* const* argv);

}  // namespace cli
