// page_facts.cpp - see page_facts.hpp.

#include "page_facts.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <unordered_map>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "common_names.hpp"
#include "holder_groups.hpp"
#include "keepers.hpp"
#include "listed_objects.hpp"

namespace lastout::ledger_reader {
namespace {

using json = nlohmann::json;

// In the order of reference_kind and of deed.
constexpr std::array kinds = {"external", "active", "passive", "existence", "given"};
constexpr std::array deeds = {"born",   "got",      "refused", "resurrected", "put",
                              "killed", "released", "given",   "adopted"};
static_assert(kinds.size() == static_cast<std::size_t>(reference_kind::given) + 1);
static_assert(deeds.size() == static_cast<std::size_t>(deed::adopted) + 1);

/// A number beyond 2^53 loses its last digits in a script: addresses are text.
json address_of(std::uint64_t address) {
  return address == 0 ? json() : json(fmt::format("{:#x}", address));
}

/// How long before the dump; the loss of digits is far below what anyone reads.
double age(const dump& of, std::uint64_t moment_ns) {
  return moment_ns <= of.now_ns ? static_cast<double>(of.now_ns - moment_ns)
                                : -static_cast<double>(moment_ns - of.now_ns);
}

bool dead(const object& each) { return each.state.rfind("dead", 0) == 0; }
bool idle(const object& each) { return each.state.rfind("idle", 0) == 0; }

/// The oldest reference that somebody will put, or none of them.
const reference* oldest(const object& each) {
  const reference* found = nullptr;
  for (const reference& held : each.held) {
    if (held.kind == reference_kind::existence) continue;
    if (found == nullptr || held.since_ns < found->since_ns) found = &held;
  }
  return found;
}

std::size_t reference_count(const dump& of) {
  std::size_t count = 0;
  for (const object& each : of.objects) count += each.held.size();
  return count;
}

/// Threads, tags, stacks and frames that the page mentions, in the order in which it does.
class mentioned {
 public:
  mentioned(const std::vector<const dump*>& dumps, const common_names& common,
            const frame_names& names, std::size_t stacks_max)
      : dumps_(dumps),
        common_(common),
        names_(names),
        stacks_max_(stacks_max),
        frames_at_(dumps.size()) {}

  /// Of the last dump.
  json thread(std::uint32_t number) {
    if (number == none) return {};
    return place(threads_, number, [&] {
      const auto& each = dumps_.back()->threads[number];
      thread_list_.push_back({{"tid", each.tid}, {"name", each.name}, {"runs", each.runs}});
    });
  }

  /// By their common numbers.
  json tag(std::uint32_t number) {
    if (number == none) return {};
    return place(tags_, number, [&] { tag_list_.push_back(common_.tag_text(number)); });
  }

  /// -1: beyond the bound.
  json stack(std::uint32_t number) {
    if (number == none) return {};
    if (stacks_.size() >= stacks_max_ && stacks_.count(number) == 0) return -1;
    return place(stacks_, number, [&] { stack_list_.push_back(frames(common_.stack_at(number))); });
  }

  std::uint32_t last_type(std::uint32_t number) const {
    return common_.type(dumps_.size() - 1, number);
  }
  json last_tag(std::uint32_t number) { return tag(common_.tag(dumps_.size() - 1, number)); }
  json last_stack(std::uint32_t number) { return stack(common_.stack(dumps_.size() - 1, number)); }

  void write(json& out) {
    out["threads"] = std::move(thread_list_);
    out["tags"] = std::move(tag_list_);
    out["stacks"] = std::move(stack_list_);
    out["frames"] = std::move(frame_list_);
  }

 private:
  using places = std::unordered_map<std::uint32_t, std::size_t>;

  template <class Add>
  static std::size_t place(places& known, std::uint32_t number, Add add) {
    const auto [found, is_new] = known.emplace(number, known.size());
    if (is_new) add();
    return found->second;
  }

  json frames(common_names::place at) {
    const dump& of = *dumps_[at.dump];
    json out = json::array();
    for (const std::uint64_t address : of.stacks[at.stack]) {
      auto [found, is_new] = frames_at_[at.dump].try_emplace(address);
      if (is_new && names_) {
        for (std::string& text : names_(of, address))
          found->second.push_back(frame(std::move(text)));
      }
      for (const std::size_t each : found->second) out.push_back(each);
    }
    if (out.empty()) {
      for (const std::uint64_t address : of.stacks[at.stack])
        out.push_back(frame(fmt::format("{:#x}", address)));
    }
    return out;
  }

  std::size_t frame(std::string text) {
    const auto [known, is_new] = frames_.emplace(std::move(text), frame_list_.size());
    if (is_new) frame_list_.push_back(known->first);
    return known->second;
  }

  const std::vector<const dump*>& dumps_;
  const common_names& common_;
  const frame_names& names_;
  std::size_t stacks_max_;
  places threads_, tags_, stacks_;
  std::vector<std::unordered_map<std::uint64_t, std::vector<std::size_t>>> frames_at_;
  std::unordered_map<std::string, std::size_t> frames_;
  json thread_list_ = json::array(), tag_list_ = json::array(), stack_list_ = json::array(),
       frame_list_ = json::array();
};

json of_dumps(const std::vector<const dump*>& dumps) {
  json out = json::array();
  for (const dump* each : dumps) {
    out.push_back(
        {{"program", each->program},
         {"pid", each->pid},
         {"real_ms", static_cast<double>(each->real_ns) / 1e6},
         {"settings", each->settings},
         {"missed", each->missed},
         {"forked_from", each->forked_from ? json(*each->forked_from) : json()},
         {"forked_age", each->forked_ns == 0 ? json() : json(age(*each, each->forked_ns))},
         {"objects", each->objects.size()},
         {"references", reference_count(*each)}});
  }
  return out;
}

/// What the objects of one type in one dump come to.
struct type_sums {
  const type* about = nullptr;
  std::uint64_t alive = 0, idle = 0, part = 0, references = 0, existence = 0;
  const reference* oldest = nullptr;
};

std::vector<type_sums> sums_of(std::size_t number, const dump& of, const common_names& common) {
  std::vector<type_sums> out(common.type_count());
  for (std::uint32_t i = 0; i < of.types.size(); ++i)
    out[common.type(number, i)].about = &of.types[i];
  for (const object& each : of.objects) {
    if (each.type == none) continue;
    type_sums& sums = out[common.type(number, each.type)];
    if (!dead(each)) ++sums.alive;
    if (idle(each)) ++sums.idle;
    if (!each.whole) ++sums.part;
    sums.references += each.held.size();
    sums.existence += static_cast<std::uint64_t>(std::count_if(
        each.held.begin(), each.held.end(),
        [](const reference& held) { return held.kind == reference_kind::existence; }));
    const reference* first = oldest(each);
    if (first != nullptr && (sums.oldest == nullptr || first->since_ns < sums.oldest->since_ns))
      sums.oldest = first;
  }
  return out;
}

json of_types(const std::vector<const dump*>& dumps, const common_names& common) {
  std::vector<std::vector<type_sums>> all;
  all.reserve(dumps.size());
  for (std::size_t i = 0; i < dumps.size(); ++i) all.push_back(sums_of(i, *dumps[i], common));

  json out = json::array();
  for (std::uint32_t number = 0; number < common.type_count(); ++number) {
    json series = json::array();
    for (const auto& sums : all) {
      const type_sums& each = sums[number];
      series.push_back(each.about == nullptr || each.about->share == 0
                           ? json()
                           : json({each.alive, each.references, each.about->share}));
    }
    const type_sums& last = all.back()[number];
    const type about = last.about == nullptr ? type{} : *last.about;
    out.push_back(
        {{"name", common.type_name(number)},
         {"listed", last.about != nullptr},
         {"share", about.share},
         {"alive", last.alive},
         {"idle", last.idle},
         {"part", last.part},
         {"references", last.references},
         {"existence", last.existence},
         {"oldest",
          last.oldest == nullptr ? json() : json(age(*dumps.back(), last.oldest->since_ns))},
         {"born", about.born},
         {"released", about.released},
         {"gets", about.gets},
         {"puts", about.puts},
         {"refused", about.refused},
         {"resurrected", about.resurrected},
         {"killed", about.killed},
         {"series", std::move(series)}});
  }
  return out;
}

json key_of(const holder_key& key, mentioned& names) {
  return {{"type", key.type},
          {"stack", names.stack(key.stack)},
          {"tag", names.tag(key.tag)},
          {"kind", static_cast<int>(key.kind)}};
}

/// The threads that hold most, and how many others there are.
void add_threads(json& row, const holder_group& group, mentioned& names, std::size_t threads_max) {
  std::vector<std::pair<std::uint32_t, std::uint64_t>> threads(group.threads.begin(),
                                                               group.threads.end());
  std::sort(threads.begin(), threads.end(), [](const auto& a, const auto& b) {
    return a.second != b.second ? a.second > b.second : a.first < b.first;
  });
  const std::size_t shown = std::min(threads.size(), threads_max);
  json list = json::array();
  for (std::size_t i = 0; i < shown; ++i)
    list.push_back({names.thread(threads[i].first), threads[i].second});
  row["threads"] = std::move(list);
  row["threads_left_out"] = threads.size() - shown;
}

json of_holders(const dump& last, const std::vector<holder_group>& groups,
                const listed_objects& listed, mentioned& names, const page_bounds& bounds) {
  json rows = json::array();
  const std::size_t shown = std::min(groups.size(), bounds.holders);
  for (std::size_t i = 0; i < shown; ++i) {
    const holder_group& each = groups[i];
    json row = key_of(each.key, names);
    row["count"] = each.count;
    row["first"] = each.before;
    row["objects"] = each.objects;
    row["oldest"] = age(last, each.oldest_ns);
    row["newest"] = age(last, each.newest_ns);
    add_threads(row, each, names, bounds.threads);
    const std::uint32_t place = listed.place(each.oldest_object);
    row["sample"] = place == none ? json::array() : json::array({place});
    rows.push_back(std::move(row));
  }
  std::uint64_t references = 0;
  for (std::size_t i = shown; i < groups.size(); ++i) references += groups[i].count;
  return {{"rows", std::move(rows)},
          {"left_out", {{"groups", groups.size() - shown}, {"references", references}}}};
}

json of_growth(const std::vector<holder_growth>& growth, mentioned& names, std::size_t rows_max) {
  json rows = json::array();
  const std::size_t shown = std::min(growth.size(), rows_max);
  for (std::size_t i = 0; i < shown; ++i) {
    json row = key_of(growth[i].key, names);
    row["first"] = growth[i].first;
    row["last"] = growth[i].last;
    rows.push_back(std::move(row));
  }
  return {{"rows", std::move(rows)}, {"left_out", growth.size() - shown}};
}

/// The oldest references of one object, and of those that no object holds the oldest at least.
std::vector<const reference*> shown_references(const object& of, const keepers& who,
                                               std::size_t references_max) {
  std::vector<const reference*> held;
  held.reserve(of.held.size());
  for (const reference& each : of.held) held.push_back(&each);
  std::sort(held.begin(), held.end(), [](const reference* a, const reference* b) {
    return a->since_ns != b->since_ns ? a->since_ns < b->since_ns : a < b;
  });
  if (held.size() <= references_max) return held;
  const auto bound = held.begin() + static_cast<std::ptrdiff_t>(references_max);
  const auto outside = std::find_if(
      held.begin(), held.end(), [&](const reference* each) { return who.holder(*each) == none; });
  if (bound != held.begin() && outside != held.end() && outside >= bound)
    *std::prev(bound) = *outside;
  held.erase(bound, held.end());
  return held;
}

class object_rows {
 public:
  object_rows(const dump& of, const keepers& who, const listed_objects& listed, mentioned& names,
              const page_bounds& bounds)
      : of_(of), who_(who), listed_(listed), names_(names), bounds_(bounds) {}

  json all() {
    json rows = json::array();
    for (const std::uint32_t number : listed_.objects()) rows.push_back(row(number));
    return {{"rows", std::move(rows)}, {"total", of_.objects.size()}};
  }

 private:
  json row(std::uint32_t number) {
    const object& each = of_.objects[number];
    const reference* first = oldest(each);
    const std::uint32_t cycle = who_.cycle_of(number);
    const std::uint32_t keeper = who_.keeper(number);
    const std::uint32_t keeper_place = keeper == none ? none : listed_.place(keeper);
    json references = json::array();
    for (const reference* held : shown_references(each, who_, bounds_.references))
      references.push_back(of_reference(*held));
    json history = json::array();
    const std::size_t left_out =
        each.history.size() - std::min(each.history.size(), bounds_.history);
    for (std::size_t i = left_out; i < each.history.size(); ++i)
      history.push_back(of_happening(each.history[i]));
    return {{"type", names_.last_type(each.type)},
            {"address", fmt::format("{:#x}", each.address)},
            {"count", each.references ? json(*each.references) : json()},
            {"noted", each.held.size()},
            {"outside", who_.outside(number)},
            {"state", each.state},
            {"whole", each.whole},
            {"born", each.whole ? json(age(of_, each.born_ns)) : json()},
            {"born_thread", names_.thread(each.born_thread)},
            {"born_stack", names_.last_stack(each.born_stack)},
            {"oldest", first == nullptr ? json() : json(age(of_, first->since_ns))},
            {"cycle", cycle == none ? json() : json(cycle)},
            {"keeper", keeper_place == none ? json() : json(keeper_place)},
            {"references", std::move(references)},
            {"history", std::move(history)},
            {"history_left_out", left_out}};
  }

  json of_reference(const reference& held) {
    const std::uint32_t by = who_.holder(held);
    return {names_.thread(held.thread),
            age(of_, held.since_ns),
            names_.last_stack(held.stack),
            names_.last_tag(held.tag),
            static_cast<int>(held.kind),
            address_of(held.where),
            by == none ? json() : address_of(of_.objects[by].address),
            address_of(held.owner)};
  }

  json of_happening(const happening& each) {
    return {age(of_, each.when_ns), names_.thread(each.thread), names_.last_stack(each.stack),
            static_cast<int>(each.what), address_of(each.where)};
  }

  const dump& of_;
  const keepers& who_;
  const listed_objects& listed_;
  mentioned& names_;
  const page_bounds& bounds_;
};

/// The edges between listed objects; those of cycles and of ways from outside first.
void add_edges(json& out, const keepers& who, const listed_objects& listed, std::size_t edges_max) {
  json edges = json::array();
  std::size_t left_out = 0;
  for (const bool telling : {true, false}) {
    for (const std::uint32_t from : listed.objects()) {
      for (const keeping& edge : who.kept_by(from)) {
        const bool round =
            who.cycle_of(from) != none && who.cycle_of(from) == who.cycle_of(edge.to);
        const bool tells = round || who.keeper(edge.to) == from;
        if (tells != telling || listed.place(edge.to) == none) continue;
        if (edges.size() < edges_max)
          edges.push_back({listed.place(from), listed.place(edge.to), edge.how});
        else
          ++left_out;
      }
    }
  }
  out["edges"] = std::move(edges);
  out["edges_left_out"] = left_out;
}

json of_cycles(const keepers& who, const listed_objects& listed, std::size_t path_max) {
  json rows = json::array();
  for (std::size_t i = 0; i < listed.cycles(); ++i) {
    const cycle& each = who.cycles()[i];
    const std::size_t shown = std::min(each.path.size(), path_max);
    json path = json::array();
    for (std::size_t k = 0; k < shown; ++k) path.push_back(listed.place(each.path[k]));
    rows.push_back({{"path", std::move(path)},
                    {"path_left_out", each.path.size() - shown},
                    {"size", each.size},
                    {"outside", each.outside}});
  }
  return {{"rows", std::move(rows)}, {"total", who.cycles().size()}};
}

json of_dead(const dump& of, mentioned& names, std::size_t dead_max) {
  std::vector<const dead_object*> dead;
  dead.reserve(of.dead.size());
  for (const dead_object& each : of.dead) dead.push_back(&each);
  std::sort(dead.begin(), dead.end(), [](const dead_object* a, const dead_object* b) {
    return a->died_ns != b->died_ns ? a->died_ns > b->died_ns : a < b;
  });
  const std::size_t shown = std::min(dead.size(), dead_max);
  json rows = json::array();
  for (std::size_t i = 0; i < shown; ++i) {
    const dead_object& each = *dead[i];
    rows.push_back({{"type", names.last_type(each.type)},
                    {"address", fmt::format("{:#x}", each.address)},
                    {"born", age(of, each.born_ns)},
                    {"born_thread", names.thread(each.born_thread)},
                    {"born_stack", names.last_stack(each.born_stack)},
                    {"died", age(of, each.died_ns)},
                    {"died_thread", names.thread(each.died_thread)},
                    {"died_stack", names.last_stack(each.died_stack)}});
  }
  return {{"rows", std::move(rows)}, {"left_out", dead.size() - shown}};
}

}  // namespace

std::string page_facts(const std::vector<const dump*>& dumps, const frame_names& names,
                       const page_bounds& bounds) {
  const dump& last = *dumps.back();
  const common_names common(dumps);
  const holder_groups holders(dumps, common);
  const keepers who(last);
  const listed_objects listed(last, who, holders.groups(), bounds.objects, bounds.path);
  mentioned said(dumps, common, names, bounds.stacks);

  // Stacks are bounded: the rows that stand for many references come first.
  json out;
  out["kinds"] = kinds;
  out["deeds"] = deeds;
  out["dumps"] = of_dumps(dumps);
  out["types"] = of_types(dumps, common);
  out["holders"] = of_holders(last, holders.groups(), listed, said, bounds);
  out["growth"] = dumps.size() > 1 ? of_growth(holders.growth(), said, bounds.holders) : json();
  out["objects"] = object_rows(last, who, listed, said, bounds).all();
  add_edges(out, who, listed, bounds.edges);
  out["cycles"] = of_cycles(who, listed, bounds.path);
  out["dead"] = of_dead(last, said, bounds.dead);
  said.write(out);

  // Names may be any bytes: what is no UTF-8 is told with the replacement character.
  const std::string text = out.dump(-1, ' ', false, json::error_handler_t::replace);
  std::string safe;
  safe.reserve(text.size());
  for (const char letter : text) {
    if (letter == '<')
      safe += "\\u003c";
    else
      safe += letter;
  }
  return safe;
}

}  // namespace lastout::ledger_reader
