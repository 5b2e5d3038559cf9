// page.hpp - a run of the caches as one page of HTML with plots.

#pragma once

#include <string>
#include <vector>

#include "../table/findings.hpp"
#include "memory.hpp"

namespace bench {

inline constexpr const char* get_resident = "get, all resident";
inline constexpr const char* get_evicting = "get_or_create, 10 % fit";
inline constexpr const char* get_growing = "get, while it grows";
inline constexpr const char* insert_growing = "insert, while it grows";

std::string page_of(const findings& found, const std::vector<memory_row>& memory);

}  // namespace bench
