// grouping.cpp - groups, sorts, writes.

#include "grouping.hpp"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>
#include <vector>

#include "frames.hpp"

namespace lastout::ledger {
namespace {

using group_key = std::tuple<std::uint32_t, const char*, std::uint32_t, int>;

group_key key_of(const group& of) {
  return {of.type->number, of.tag, of.stack, static_cast<int>(of.as)};
}

void add(group& sum, const group& more) {
  sum.references += more.references;
  if (more.threads > 1 || more.thread != sum.thread) sum.threads = 2;
  if (more.since_ns < sum.since_ns) {
    sum.since_ns = more.since_ns;
    sum.thread = more.thread;
  }
}

void add(std::map<group_key, group>& to, const group& more) {
  const auto [at, fresh] = to.try_emplace(key_of(more), more);
  if (!fresh) add(at->second, more);
}

bool is_larger(const group& a, const group& b) {
  return a.references != b.references ? a.references > b.references : key_of(a) < key_of(b);
}

std::vector<group> sorted(const std::map<group_key, group>& all) {
  std::vector<group> out;
  out.reserve(all.size());
  for (const auto& [key, each] : all) out.push_back(each);
  std::sort(out.begin(), out.end(), is_larger);
  return out;
}

struct place {
  group sum;
  std::vector<std::string> lines;
};

// Calls from one function that read the same to a person are one place. So many of the largest
// groups are named to find that out.
constexpr std::size_t most_named = 1000;

std::vector<place> places_of(const std::vector<group>& groups) {
  std::vector<place> out;
  std::map<std::tuple<std::uint32_t, const char*, int, std::vector<std::string>>, std::size_t>
      known;
  for (std::size_t i = 0; i < groups.size(); ++i) {
    const group& each = groups[i];
    if (i >= most_named) {
      out.push_back({each, {}});
      continue;
    }
    std::vector<std::string> lines = lines_of_stack(each.stack);
    const auto [at, fresh] = known.try_emplace(
        {each.type->number, each.tag, static_cast<int>(each.as), lines}, out.size());
    if (fresh) {
      out.push_back({each, std::move(lines)});
    } else {
      add(out[at->second].sum, each);
    }
  }
  std::sort(out.begin(), out.end(),
            [](const place& a, const place& b) { return is_larger(a.sum, b.sum); });
  return out;
}

}  // namespace

std::vector<group> group_references(const shard_seen& of) {
  std::map<group_key, group> all;
  for (const object_seen& object : of.objects) {
    for (std::uint32_t i = 0; i < object.held; ++i) {
      const reference_seen& each = of.references[object.first_reference + i];
      add(all, {object.type, each.tag, each.stack, each.thread, each.since_ns, each.as, 1, 1});
    }
  }
  return sorted(all);
}

void merge_groups(std::vector<group>& into, const std::vector<group>& more) {
  std::map<group_key, group> all;
  for (const group& each : into) add(all, each);
  for (const group& each : more) add(all, each);
  into = sorted(all);
}

std::string text_of_groups(const std::vector<group>& groups, std::size_t most) {
  std::string out;
  const std::vector<place> places = places_of(groups);
  std::size_t told = 0;
  for (const auto& [each, lines] : places) {
    if (told++ == most) break;
    out += "  " + std::to_string(each.references) + "  ";
    out += each.as == kind::given ? "given away by leak() in " : "held by ";
    out += each.threads > 1 ? "several threads, the oldest " + thread_text(each.thread)
                            : thread_text(each.thread);
    out += ", for " + ago_text(each.since_ns);
    if (each.tag != nullptr) out += ", tag \"" + std::string(each.tag) + "\"";
    if (each.as == kind::active) out += ", active";
    if (each.as == kind::passive) out += ", passive";
    if (each.as == kind::existence) out += ", an existence reference";
    out += "\n";
    for (const std::string& line : lines) out += "       " + line + "\n";
  }
  if (places.size() > most)
    out += "  and " + std::to_string(places.size() - most) + " more places\n";
  return out;
}

}  // namespace lastout::ledger
