// page.hpp - dumps as one page of HTML that needs nothing else: no network, no other file.
//
// What is in the dumps is data in it, never markup or script: names, tags and frames are shown as the
// text they are, and a Content-Security-Policy lets no script run but the page's own.
//
// A page stays small however large the dump: references are grouped by holder, and objects, rows,
// stacks and references of one object are listed up to bounds. The page says what it left out.

#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "dump.hpp"

namespace lastout::ledger_reader {

/// The functions at a return address of a dump as "function  file:line", innermost first: more than
/// one where calls were inlined, none for a frame that says nothing of who holds. That one is left
/// out, unless all of the stack are: then its addresses are told, as they are without names.
using frame_names = std::function<std::vector<std::string>(const dump&, std::uint64_t)>;

struct page_bounds {
  std::size_t objects = 2000;
  std::size_t references = 50;  // of one object
  std::size_t history = 200;    // events of one object
  std::size_t holders = 1000;   // rows; of growth as well
  std::size_t threads = 20;     // of one holder
  std::size_t stacks = 4000;
  std::size_t edges = 20000;
  std::size_t path = 20;  // objects on one cycle
  std::size_t dead = 500;
};

/// The page about these dumps; the latest is shown, all of them over time, whatever their order.
/// Requires  at least one dump; else std::invalid_argument.
std::string page(const std::vector<dump>& dumps, const frame_names& names,
                 const page_bounds& bounds = {});

}  // namespace lastout::ledger_reader
