// page.cpp - for each bench a plot; then growth, tail, and every goal with its figures.

#include "page.hpp"

#include "../table/page_parts.hpp"
#include "../table/plot.hpp"
#include "goals.hpp"

namespace bench {

std::string page_of(const findings& found) {
  std::string body = tag(
      "p",
      "What it costs to find an object by its id, take a reference, look at the object and put the "
      "reference: nanoseconds for one operation by one thread. " +
          figure(static_cast<double>(found.objects)) +
          " ids, objects of 64 bytes. Rows of one run only compare.");
  body += reading_help(found);
  for (const std::string& bench : benches_of(found.rows)) {
    body += tag("h2", escaped(bench)) +
            plot_of(found.rows, bench, bench.ends_with(read_only) ? "limit" : "limit, read-only");
  }
  if (!found.growth.empty()) {
    body += tag("h2", "growth, uniform, read-only, 1 thread");
    body += tag("p",
                "Tables that have grown by themselves, entry by entry; the limit is made for "
                "each size.");
    body += plot_of(found.growth);
  }
  if (!found.tail.empty()) {
    body += tag("h2", "tail: find, while another thread inserts") + plot_of(found.tail, "find");
    body += tag("h2", "tail: insert, from 0 to " + figure(static_cast<double>(found.objects)));
    body += plot_of(found.tail, "insert") + clock_help();
  }
  if (!found.rows.empty()) body += tag("h2", "Goals") + goals_of(found.rows);
  return document("Lastout: the registry, the limit and the peers", body);
}

}  // namespace bench
