// keepers.cpp - see keepers.hpp.

#include "keepers.hpp"

#include <algorithm>
#include <numeric>
#include <tuple>

namespace lastout::ledger_reader {

keepers::keepers(const dump& of)
    : outside_(of.objects.size()),
      keeper_(of.objects.size(), none),
      cycle_of_(of.objects.size(), none) {
  sort_extents(of);
  find_edges(of);
  const std::vector<std::uint32_t> component = find_components();
  find_cycles(of, component);
  find_keepers(component);
}

void keepers::sort_extents(const dump& of) {
  extents_.reserve(of.objects.size());
  for (std::uint32_t i = 0; i < of.objects.size(); ++i) {
    const object& each = of.objects[i];
    // An object of unknown size has its address at least.
    const std::uint64_t size = each.type == none ? 0 : of.types[each.type].size;
    const std::uint64_t end = each.address + std::max<std::uint64_t>(size, 1);
    extents_.push_back({each.address, std::max(end, each.address), i, none});
  }
  std::sort(extents_.begin(), extents_.end(), [](const extent& a, const extent& b) {
    return std::tuple(a.begin, b.end, a.object) < std::tuple(b.begin, a.end, b.object);
  });
  std::uint32_t around = none;
  for (std::uint32_t i = 0; i < extents_.size(); ++i) {
    while (around != none && extents_[around].end <= extents_[i].begin)
      around = extents_[around].around;
    extents_[i].around = around;
    around = i;
  }
}

std::uint32_t keepers::object_around(std::uint64_t address) const {
  const auto after =
      std::upper_bound(extents_.begin(), extents_.end(), address,
                       [](std::uint64_t a, const extent& each) { return a < each.begin; });
  if (after == extents_.begin()) return none;
  auto at = static_cast<std::uint32_t>(after - extents_.begin() - 1);
  while (at != none && extents_[at].end <= address) at = extents_[at].around;
  return at == none ? none : extents_[at].object;
}

std::uint32_t keepers::holder(const reference& held) const {
  const std::uint32_t owner = held.owner == 0 ? none : object_around(held.owner);
  if (owner != none) return owner;
  return held.where == 0 ? none : object_around(held.where);
}

void keepers::find_edges(const dump& of) {
  for (std::uint32_t to = 0; to < of.objects.size(); ++to) {
    const object& each = of.objects[to];
    for (const reference& held : each.held) {
      const std::uint32_t from = holder(held);
      if (from == none) {
        ++outside_[to];
        continue;
      }
      const bool declared = held.owner != 0 && object_around(held.owner) == from;
      edges_.push_back({from, to, declared ? keeping::owner_declared : keeping::handle_inside});
    }
    for (const std::uint64_t kept : each.keeps) {
      const std::uint32_t other = object_around(kept);
      if (other != none) edges_.push_back({to, other, keeping::edge_declared});
    }
  }
  std::sort(edges_.begin(), edges_.end(), [](const keeping& a, const keeping& b) {
    return std::pair(a.from, a.to) < std::pair(b.from, b.to);
  });
  std::size_t last = 0;
  for (std::size_t i = 1; i < edges_.size(); ++i) {
    if (edges_[i].from == edges_[last].from && edges_[i].to == edges_[last].to)
      edges_[last].how |= edges_[i].how;
    else
      edges_[++last] = edges_[i];
  }
  if (!edges_.empty()) edges_.resize(last + 1);

  first_edge_.assign(of.objects.size() + 1, 0);
  for (const keeping& each : edges_) ++first_edge_[each.from + 1];
  std::partial_sum(first_edge_.begin(), first_edge_.end(), first_edge_.begin());
}

/// The strongly connected component of each object: Tarjan's algorithm, without recursion, as a
/// chain of a million objects is no rarity. A component has a higher number than those it leads to.
std::vector<std::uint32_t> keepers::find_components() const {
  const std::size_t objects = outside_.size();
  std::vector<std::uint32_t> component(objects, none), seen(objects, none), low(objects);
  std::vector<std::uint32_t> open;
  struct step {
    std::uint32_t object;
    std::size_t next;
  };
  std::vector<step> way;
  std::uint32_t moment = 0, components = 0;
  const auto enter = [&](std::uint32_t object) {
    seen[object] = low[object] = moment++;
    open.push_back(object);
    way.push_back({object, first_edge_[object]});
  };
  for (std::uint32_t root = 0; root < objects; ++root) {
    if (seen[root] != none) continue;
    enter(root);
    while (!way.empty()) {
      const std::uint32_t object = way.back().object;
      if (way.back().next < first_edge_[object + 1]) {
        const std::uint32_t to = edges_[way.back().next++].to;
        if (seen[to] == none)
          enter(to);
        else if (component[to] == none)
          low[object] = std::min(low[object], seen[to]);
        continue;
      }
      way.pop_back();
      if (!way.empty()) low[way.back().object] = std::min(low[way.back().object], low[object]);
      if (low[object] != seen[object]) continue;
      std::uint32_t member = none;
      do {
        member = open.back();
        open.pop_back();
        component[member] = components;
      } while (member != object);
      ++components;
    }
  }
  return component;
}

/// A shortest way from the object back to it, in its component. `came_from` is one word for each
/// object, all of them none, and is left so.
std::vector<std::uint32_t> keepers::way_round(std::uint32_t from,
                                              const std::vector<std::uint32_t>& component,
                                              std::vector<std::uint32_t>& came_from) const {
  std::vector<std::uint32_t> reached = {from};
  std::vector<std::uint32_t> path;
  for (std::size_t i = 0; i < reached.size() && path.empty(); ++i) {
    for (const keeping& edge : kept_by(reached[i])) {
      if (edge.to == from) {
        for (std::uint32_t at = reached[i]; at != from; at = came_from[at]) path.push_back(at);
        path.push_back(from);
        break;
      }
      if (component[edge.to] != component[from] || came_from[edge.to] != none) continue;
      came_from[edge.to] = reached[i];
      reached.push_back(edge.to);
    }
  }
  for (const std::uint32_t object : reached) came_from[object] = none;
  std::reverse(path.begin(), path.end());
  return path;
}

void keepers::find_cycles(const dump& of, const std::vector<std::uint32_t>& component) {
  const std::size_t objects = component.size();
  std::vector<std::uint32_t> size(objects), came_from(objects, none), cycle_at(objects, none);
  for (const std::uint32_t each : component) ++size[each];
  const auto cyclic = [&](std::uint32_t object) {
    if (size[component[object]] > 1) return true;
    const auto kept = kept_by(object);
    return std::any_of(kept.begin(), kept.end(),
                       [object](const keeping& edge) { return edge.to == object; });
  };
  for (std::uint32_t i = 0; i < objects; ++i) {
    if (!cyclic(i)) continue;
    std::uint32_t& number = cycle_at[component[i]];
    if (number == none) {
      number = static_cast<std::uint32_t>(cycles_.size());
      cycles_.push_back({way_round(i, component, came_from), size[component[i]], 0});
    }
    cycle_of_[i] = number;
    for (const reference& held : of.objects[i].held) {
      const std::uint32_t from = holder(held);
      if (from == none || component[from] != component[i]) ++cycles_[number].outside;
    }
  }
  // An edge that only a type declares is no reference, and holds all the same.
  for (const keeping& edge : edges_) {
    if (edge.how == keeping::edge_declared && cycle_of_[edge.to] != none &&
        component[edge.from] != component[edge.to])
      ++cycles_[cycle_of_[edge.to]].outside;
  }

  std::vector<std::uint32_t> order(cycles_.size()), place(cycles_.size());
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(), [this](std::uint32_t a, std::uint32_t b) {
    return std::tuple(cycles_[a].outside != 0, cycles_[b].size, a) <
           std::tuple(cycles_[b].outside != 0, cycles_[a].size, b);
  });
  std::vector<cycle> sorted;
  sorted.reserve(order.size());
  for (const std::uint32_t each : order) {
    place[each] = static_cast<std::uint32_t>(sorted.size());
    sorted.push_back(std::move(cycles_[each]));
  }
  cycles_ = std::move(sorted);
  for (std::uint32_t& each : cycle_of_) {
    if (each != none) each = place[each];
  }
}

void keepers::find_keepers(const std::vector<std::uint32_t>& component) {
  const auto objects = static_cast<std::uint32_t>(component.size());
  std::vector<bool> reached(objects), kept(objects);  // kept: components, by another one
  std::vector<std::uint32_t> line;
  const auto spread = [&] {
    for (std::size_t i = 0; i < line.size(); ++i) {
      for (const keeping& edge : kept_by(line[i])) {
        if (reached[edge.to]) continue;
        reached[edge.to] = true;
        keeper_[edge.to] = line[i];
        line.push_back(edge.to);
      }
    }
    line.clear();
  };
  const auto begin_at = [&](std::uint32_t object) {
    reached[object] = true;
    line.push_back(object);
  };
  for (std::uint32_t i = 0; i < objects; ++i) {
    if (outside_[i] > 0) begin_at(i);
  }
  spread();
  // What is held by nothing from outside hangs on a cycle, or on an object without references.
  for (const keeping& edge : edges_) {
    if (component[edge.from] != component[edge.to]) kept[component[edge.to]] = true;
  }
  for (std::uint32_t i = 0; i < objects; ++i) {
    if (!reached[i] && !kept[component[i]]) begin_at(i);
  }
  spread();
}

}  // namespace lastout::ledger_reader
