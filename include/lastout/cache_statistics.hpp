// cache_statistics.hpp - what a cache has done and what is in it, as numbers and as OpenMetrics
// text.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include <lastout/config.hpp>

namespace lastout {
inline namespace LASTOUT_ABI {

/// Why an entry has left the cache.
enum class eviction : std::uint8_t {
  capacity,  // others needed its room, or it was too large to be kept
  shrunk,    // shrink(), evict_if()
  erased,    // erase()
  replaced,  // replace(): another one has its name
  killed,    // kill_on_put()
  closed,    // the cache is gone
};
inline constexpr std::size_t eviction_reasons = 6;

constexpr const char* name(eviction why) noexcept {
  switch (why) {
    case eviction::capacity: return "capacity";
    case eviction::shrunk: return "shrunk";
    case eviction::erased: return "erased";
    case eviction::replaced: return "replaced";
    case eviction::killed: return "killed";
    case eviction::closed: return "closed";
  }
  return "unknown";
}

/// Counters since the cache was made; and what is in it, at some moment.
struct cache_statistics {
  std::uint64_t hits = 0;
  std::uint64_t misses = 0;
  std::uint64_t absent_hits = 0;  // of these misses, answered by a negative entry
  std::uint64_t inserts = 0;
  std::array<std::uint64_t, eviction_reasons> evictions = {};  // by reason
  std::uint64_t waits = 0;                                     // for room
  std::uint64_t refusals = 0;                                  // there was none
  std::uint64_t visits = 0;                                    // entries that an eviction looked at

  std::uint64_t idle_entries = 0;
  std::uint64_t idle_charge = 0;
  std::uint64_t pinned_entries = 0;
  std::uint64_t pinned_charge = 0;
  std::uint64_t absent_entries = 0;
  std::uint64_t bytes = 0;  // of the cache itself: table, ghosts; the entries' slab comes on top

  [[nodiscard]] std::uint64_t evicted(eviction why) const noexcept {
    return evictions[static_cast<std::size_t>(why)];
  }
  [[nodiscard]] double hit_ratio() const noexcept {
    const std::uint64_t asked = hits + misses;
    return asked == 0 ? 0 : static_cast<double>(hits) / static_cast<double>(asked);
  }
};

/// A cache's statistics and the name that it is to have in the text.
struct named_statistics {
  std::string_view cache;
  cache_statistics is;
};

/// All of them as one OpenMetrics exposition, "# EOF" included.
/// Source: OpenMetrics 1.0.0.
[[nodiscard]] inline std::string open_metrics(std::span<const named_statistics> of) {
  std::string out;
  const auto quoted = [](std::string_view text) {
    std::string safe = "\"";
    for (const char c : text) {
      if (c == '\\' || c == '"') safe += '\\';
      if (c == '\n') {
        safe += "\\n";
      } else {
        safe += c;
      }
    }
    return safe + '"';
  };
  const auto begin = [&out](const char* family, const char* type, const char* help) {
    out += std::string("# TYPE lastout_cache_") + family + ' ' + type + '\n';
    out += std::string("# HELP lastout_cache_") + family + ' ' + help + '\n';
  };
  const auto line = [&](const std::string& metric, const named_statistics& each,
                        const std::string& labels, std::uint64_t value) {
    out += "lastout_cache_" + metric + "{cache=" + quoted(each.cache) + labels + "} " +
           std::to_string(value) + '\n';
  };
  const auto counter = [&](const char* family, const char* help,
                           std::uint64_t cache_statistics::* value) {
    begin(family, "counter", help);
    for (const named_statistics& each : of)
      line(std::string(family) + "_total", each, "", each.is.*value);
  };
  counter("hits", "Look-ups that found an entry.", &cache_statistics::hits);
  counter("misses", "Look-ups that found none.", &cache_statistics::misses);
  counter("absent_hits", "Misses that a negative entry answered.", &cache_statistics::absent_hits);
  counter("inserts", "Entries taken in.", &cache_statistics::inserts);
  begin("evictions", "counter", "Entries that have left, by reason.");
  for (const named_statistics& each : of) {
    for (std::size_t i = 0; i < eviction_reasons; ++i)
      line("evictions_total", each, ",reason=" + quoted(name(static_cast<eviction>(i))),
           each.is.evictions[i]);
  }
  counter("waits", "Inserts that waited for room.", &cache_statistics::waits);
  counter("refusals", "Inserts for which there was no room.", &cache_statistics::refusals);
  counter("visits", "Entries that an eviction looked at.", &cache_statistics::visits);
  const auto gauges = [&](const char* family, const char* help,
                          std::uint64_t cache_statistics::* idle,
                          std::uint64_t cache_statistics::* pinned) {
    begin(family, "gauge", help);
    for (const named_statistics& each : of) {
      line(family, each, ",use=\"idle\"", each.is.*idle);
      line(family, each, ",use=\"pinned\"", each.is.*pinned);
    }
  };
  gauges("entries", "Entries that are there.", &cache_statistics::idle_entries,
         &cache_statistics::pinned_entries);
  gauges("charge", "Their charge.", &cache_statistics::idle_charge,
         &cache_statistics::pinned_charge);
  begin("absent_entries", "gauge", "Negative entries.");
  for (const named_statistics& each : of) line("absent_entries", each, "", each.is.absent_entries);
  begin("bytes", "gauge", "Memory of the cache itself, without its entries.");
  for (const named_statistics& each : of) line("bytes", each, "", each.is.bytes);
  return out + "# EOF\n";
}

/// The same of one cache.
[[nodiscard]] inline std::string open_metrics(std::string_view cache, const cache_statistics& is) {
  const named_statistics one{cache, is};
  return open_metrics(std::span<const named_statistics>(&one, 1));
}

}  // namespace LASTOUT_ABI
}  // namespace lastout
