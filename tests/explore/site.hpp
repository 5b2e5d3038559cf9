// site.hpp - every place in the code that asks for an order, and a way to take one order away.
//
// A test weakens one site after the other and expects some scenario to fail each time: an order
// that can be dropped unnoticed is either needless or untested. acq_rel is two sites.

#pragma once

#include <atomic>
#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "explore/place.hpp"

namespace interleave {

enum class access_kind { load, store, rmw };

/// What an order means for happens-before. seq_cst counts as acq_rel.
struct edges {
  bool acquire = false;
  bool release = false;
};

inline edges edges_of(access_kind kind, std::memory_order order) noexcept {
  const bool both = order == std::memory_order_acq_rel || order == std::memory_order_seq_cst;
  const bool acquire =
      both || order == std::memory_order_acquire || order == std::memory_order_consume;
  const bool release = both || order == std::memory_order_release;
  return {acquire && kind != access_kind::store, release && kind != access_kind::load};
}

inline const char* text(std::memory_order order) noexcept {
  switch (order) {
    case std::memory_order_relaxed: return "relaxed";
    case std::memory_order_consume: return "consume";
    case std::memory_order_acquire: return "acquire";
    case std::memory_order_release: return "release";
    case std::memory_order_acq_rel: return "acq_rel";
    default: return "seq_cst";
  }
}

/// One half of one order at one place.
struct site {
  enum class half { acquire, release };

  std::string file;
  unsigned line;
  std::string operation;  // "load", "fetch_sub", "compare_exchange", "compare_exchange failed" ...
  std::memory_order order;
  half drop;  // what weaken() takes away

  std::string text() const {
    return file.substr(file.rfind('/') + 1) + ":" + std::to_string(line) + " " + operation + "(" +
           interleave::text(order) + ") without " + (drop == half::acquire ? "acquire" : "release");
  }
};

/// All sites executed so far, and what is dropped at each.
class site_table {
 public:
  /// The edges that remain of `order` at this place; notes the place.
  edges remaining(const char* operation, access_kind kind, std::memory_order order, place where) {
    edges wanted = edges_of(kind, order);
    if (!wanted.acquire && !wanted.release) return wanted;
    const key at{where.line, operation, order, where.file == nullptr ? "" : where.file};
    entry& e = entries_.try_emplace(at, entry{wanted, {}}).first->second;
    return {wanted.acquire && !e.dropped.acquire, wanted.release && !e.dropped.release};
  }

  std::vector<site> list(std::string_view under) const {
    std::vector<site> found;
    for (const auto& [at, e] : entries_) {
      const auto& [line, operation, order, file] = at;
      if (file.find(under) == std::string_view::npos) continue;
      const site s{std::string(file), line, std::string(operation), order, site::half::acquire};
      if (e.wanted.acquire) found.push_back(s);
      if (e.wanted.release) (found.emplace_back(s)).drop = site::half::release;
    }
    return found;
  }

  /// Returns whether the site is known.
  bool weaken(const site& s) {
    const auto at = entries_.find(key{s.line, s.operation, s.order, s.file});
    if (at == entries_.end()) return false;
    (s.drop == site::half::acquire ? at->second.dropped.acquire : at->second.dropped.release) =
        true;
    return true;
  }

  void forget() { entries_.clear(); }
  void strengthen_all() {
    for (auto& [at, e] : entries_) e.dropped = {};
  }

 private:
  struct entry {
    edges wanted;
    edges dropped;
  };
  // Views of string literals; the line comes first because it nearly always decides a comparison.
  using key = std::tuple<unsigned, std::string_view, std::memory_order, std::string_view>;
  std::map<key, entry> entries_;
};

inline site_table all_sites;

/// Every executed site whose file name contains `under`.
inline std::vector<site> sites(std::string_view under = "include/lastout/") {
  return all_sites.list(under);
}

/// Forgets the sites: what is executed from now on is a new list.
inline void forget_sites() { all_sites.forget(); }

/// Takes half an order away at a site until strengthen_all(). Returns whether the site is known.
inline bool weaken(const site& s) { return all_sites.weaken(s); }

inline void strengthen_all() { all_sites.strengthen_all(); }

}  // namespace interleave
