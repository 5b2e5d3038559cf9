// counters.cpp - the tallies of all types, as lines and as OpenMetrics.

#include "counters.hpp"

#include <vector>

#include <lastout/ledger.hpp>

#include "choice.hpp"
#include "object_copies.hpp"
#include "clock.hpp"
#include "type_book.hpp"

namespace lastout::ledger {
namespace {

std::uint64_t value(const atomic<std::uint64_t>& of) {
  return of.load(order::relaxed);  // relaxed: a statistic
}

std::string label(const char* type) {
  std::string out;
  for (const char* at = type; *at != '\0'; ++at) {
    if (*at == '\\' || *at == '"') out += '\\';
    out += *at == '\n' ? ' ' : *at;
  }
  return out;
}

}  // namespace

std::string counters_text() {
  std::string out = "now " + std::to_string(now_ns()) + "\n";
  const std::vector<type_tally> tallies = tally_types();
  for (std::uint32_t i = 1; i < tallies.size(); ++i) {
    const type_book& type = *type_numbered(i);
    const type_tally& sum = tallies[i];
    out += "counters " + std::to_string(i) + ' ' + std::to_string(share_of(type));
    for (const std::uint64_t each :
         {sum.alive, sum.idle, sum.alive - sum.idle, value(type.born), value(type.released),
          value(type.gets), value(type.puts), value(type.refused), value(type.resurrected),
          value(type.killed)})
      out += ' ' + std::to_string(each);
    out += sum.oldest_ns == 0 ? std::string(" -") : ' ' + std::to_string(sum.oldest_ns);
    out += ' ' + std::string(type.entry->name) + '\n';
  }
  return out;
}

std::string open_metrics() {
  const std::vector<type_tally> tallies = tally_types();
  const std::uint64_t now = now_ns();
  std::string out;
  const auto family = [&](const char* name, const char* kind, const char* unit, const char* help,
                          auto value_of) {
    const std::string full = std::string("lastout_") + name;
    out += "# TYPE " + full + ' ' + kind + "\n";
    if (*unit != '\0') out += "# UNIT " + full + ' ' + unit + "\n";
    out += "# HELP " + full + ' ' + help + "\n";
    const bool counts = std::string_view(kind) == "counter";
    for (std::uint32_t i = 1; i < tallies.size(); ++i) {
      const type_book& type = *type_numbered(i);
      if (share_of(type) == 0) continue;
      out += full + (counts ? "_total" : "") + "{type=\"" + label(type.entry->name) + "\"} " +
             value_of(type, tallies[i]) + "\n";
    }
  };
  const auto gauge = [&](const char* name, const char* help, auto value_of) {
    family(name, "gauge", "", help, [&](const type_book& type, const type_tally& sum) {
      return std::to_string(value_of(type, sum));
    });
  };
  const auto counter = [&](const char* name, const char* help,
                           atomic<std::uint64_t> type_book::* which) {
    family(name, "counter", "", help, [which](const type_book& type, const type_tally&) {
      return std::to_string(value(type.*which));
    });
  };
  gauge("sampled_share", "One object in so many is tracked; the other figures are of these.",
        [](const type_book& type, const type_tally&) { return share_of(type); });
  gauge("objects", "Tracked objects that are alive.",
        [](const type_book&, const type_tally& sum) { return sum.alive; });
  gauge("objects_idle", "Tracked objects that nobody holds.",
        [](const type_book&, const type_tally& sum) { return sum.idle; });
  family("oldest_reference_seconds", "gauge", "seconds",
         "For how long the oldest outstanding reference has been held.",
         [now](const type_book&, const type_tally& sum) {
           return sum.oldest_ns == 0 || sum.oldest_ns > now
                      ? std::string("0")
                      : std::to_string(static_cast<double>(now - sum.oldest_ns) / 1e9);
         });
  counter("births", "Tracked objects that were born.", &type_book::born);
  counter("releases", "Tracked objects that were released.", &type_book::released);
  counter("gets", "References that were taken.", &type_book::gets);
  counter("puts", "References that were put.", &type_book::puts);
  counter("refusals", "get_not_zero that answered no.", &type_book::refused);
  counter("resurrections", "Idle objects that were used again.", &type_book::resurrected);
  counter("kills", "Objects that were killed while idle, or evicted.", &type_book::killed);
  out += "# EOF\n";
  return out;
}

}  // namespace lastout::ledger
