// listed_objects.cpp - see listed_objects.hpp.

#include "listed_objects.hpp"

#include <algorithm>
#include <numeric>

namespace lastout::ledger_reader {

void listed_objects::add(std::uint32_t object) {
  if (full() || place_[object] != none) return;
  place_[object] = static_cast<std::uint32_t>(objects_.size());
  objects_.push_back(object);
}

void listed_objects::add_with_keepers(std::uint32_t object, const keepers& who) {
  // A way that has been begun is listed to its end already, or the page is full.
  for (; object != none && !full() && place_[object] == none; object = who.keeper(object))
    add(object);
}

listed_objects::listed_objects(const dump& of, const keepers& who,
                               const std::vector<holder_group>& groups, std::size_t objects_max,
                               std::size_t path_max)
    : objects_max_(objects_max), place_(of.objects.size(), none) {
  for (const cycle& each : who.cycles()) {
    const std::size_t length = std::min(each.path.size(), path_max);
    if (objects_.size() + length > objects_max / 2) break;
    for (std::size_t i = 0; i < length; ++i) add(each.path[i]);
    ++cycles_;
  }
  // They stand in the page already: only what they hang on is missing.
  for (std::size_t i = 0, paths = objects_.size(); i < paths; ++i)
    add_with_keepers(who.keeper(objects_[i]), who);

  for (std::uint32_t i = 0; i < of.objects.size() && !full(); ++i) {
    if (!of.objects[i].history.empty()) add_with_keepers(i, who);
  }
  for (const holder_group& each : groups) add_with_keepers(each.oldest_object, who);

  std::vector<std::uint32_t> rest(of.objects.size());
  std::iota(rest.begin(), rest.end(), 0);
  const auto references = [&of](std::uint32_t i) {
    const object& each = of.objects[i];
    return std::max<std::size_t>(each.references.value_or(0), each.held.size());
  };
  const std::size_t room = std::min(rest.size(), objects_max);
  std::partial_sort(rest.begin(), rest.begin() + static_cast<std::ptrdiff_t>(room), rest.end(),
                    [&](std::uint32_t a, std::uint32_t b) {
                      return references(a) != references(b) ? references(a) > references(b) : a < b;
                    });
  for (std::size_t i = 0; i < room; ++i) add_with_keepers(rest[i], who);
}

}  // namespace lastout::ledger_reader
