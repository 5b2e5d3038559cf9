// plot.hpp - hit ratio against cache size, a panel for each workload, as SVG.

#pragma once

#include <filesystem>

#include "result.hpp"

namespace eviction {

/// Writes synthetic.svg and recorded.svg into `folder`, as far as there are such rows.
/// Returns   false, with the reason on stderr, when that was not possible.
bool write_plots(const results& of, const std::filesystem::path& folder);

}  // namespace eviction
