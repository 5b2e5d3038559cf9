// page.cpp - for each bench a plot; then memory, growth, the tails, and every goal.

#include "page.hpp"

#include "../table/page_parts.hpp"
#include "../table/plot.hpp"
#include "goals.hpp"

namespace bench {
namespace {

std::string table_of(const std::vector<memory_row>& all) {
  const auto number = [](double value) { return tag("td class=\"n\"", two_digits(value)); };
  std::string lines = tag("tr", tag("th", "") + tag("th class=\"n\"", "bytes for an entry") +
                                    tag("th class=\"n\"", "beyond the object") +
                                    tag("th class=\"n\"", "beyond what the user put in"));
  for (const memory_row& each : all) {
    lines += tag("tr", tag("td", escaped(each.subject)) + number(each.bytes_for_entry) +
                           number(each.beyond_object()) + number(each.beyond_own()));
  }
  return tag("table", lines);
}

std::string introduction(const findings& found) {
  return tag("p",
             "What it costs to get an object by its id, pinned, to look at it and to release it; "
             "and where not all fit, to make it and to enter it when it is missing: nanoseconds "
             "for one operation by one thread. " +
                 figure(static_cast<double>(found.objects)) +
                 " ids, objects of 64 bytes. Rows of one run only compare. Behind a name: the "
                 "share of hits.") +
         reading_help(found) +
         tag("p",
             "Where not all fit, the limit is what it is elsewhere: a look-up of the same ids in a "
             "table that has all of them.");
}

}  // namespace

std::string page_of(const findings& found, const std::vector<memory_row>& memory) {
  std::string body = introduction(found);
  for (const std::string& bench : benches_of(found.rows)) {
    body += tag("h2", escaped(bench)) +
            plot_of(found.rows, bench, bench == all_stay ? "limit" : "limit, all resident");
  }
  if (!memory.empty()) {
    body += tag("h2", "memory, " + figure(static_cast<double>(found.objects)) + " entries");
    body += table_of(memory);
    body += tag("p",
                "Growth of a process that fills one cache and does nothing else; Caffeine: of its "
                "heap. What the user put in is the object without what it inherits.");
  }
  if (!found.growth.empty()) {
    body += tag("h2", "growth, uniform, all resident, 1 thread");
    body += tag("p",
                "Caches that have grown entry by entry; the limit, and HyperClockCache, are made "
                "for each size.");
    body += plot_of(found.growth);
  }
  if (!found.tail.empty()) {
    for (const char* const operation : {get_resident, get_evicting, get_growing, insert_growing}) {
      body += tag("h2", std::string("tail: ") + operation) + plot_of(found.tail, operation);
    }
    body += clock_help();
  }
  if (!found.rows.empty()) body += tag("h2", "Goals") + goals_of(found.rows);
  return document("Lastout: the cache, the limit and the peers", body);
}

}  // namespace bench
