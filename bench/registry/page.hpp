// page.hpp - a run's findings as one page of HTML with plots, which needs nothing besides itself.

#pragma once

#include <string>

#include "../table/findings.hpp"

namespace bench {

std::string page_of(const findings& found);

}  // namespace bench
