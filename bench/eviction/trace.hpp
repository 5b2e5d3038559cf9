// trace.hpp - key sequences that were recorded from real systems, read from compressed files.

#pragma once

#include <filesystem>
#include <vector>

#include "synthetic.hpp"

namespace eviction {

/// The traces of which there is a file in `folder`, with their customary sizes.
std::vector<recipe> traces(const std::filesystem::path& folder);

}  // namespace eviction
