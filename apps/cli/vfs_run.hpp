// vfs_run.hpp - one run from the real tree to the verdict.

#pragma once

#include "vfs_run_options.hpp"

namespace cli {

/// Returns  the exit status; the report and the verdict have been printed.
/// Throws   bad_request, before anything has begun.
int vfs_run(const vfs_run_options& asked);

}  // namespace cli
