// page_facts.hpp - what the page's script reads: the dumps, grouped, bounded and symbolised, as JSON.
//
// page/facts.js says how it is read; the two files belong together.

#pragma once

#include <string>
#include <vector>

#include "dump.hpp"
#include "page.hpp"

namespace lastout::ledger_reader {

/// `dumps` in the order of time, at least one. The text has no `<`: it may stand in a script element.
std::string page_facts(const std::vector<const dump*>& dumps, const frame_names& names,
                       const page_bounds& bounds);

}  // namespace lastout::ledger_reader
