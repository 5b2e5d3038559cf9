// leak_report.cpp - marks what the program holds, and from there what that holds in turn.

#include "leak_report.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "frames.hpp"
#include "grouping.hpp"
#include "object_copies.hpp"
#include "object_table.hpp"

namespace lastout::ledger {
namespace {

struct held_object {
  const object_seen* seen;
  const shard_seen* in;
  std::vector<std::uint32_t> keeps;  // objects that have a reference from inside this one
  bool is_kept = false;              // through an existence reference
  bool is_leaked = false;            // by somebody outside, or through one that is
};

// One reference, and the object that it lies in, if it lies in a tracked one.
struct held_reference {
  std::uint32_t object;
  std::optional<std::uint32_t> inside;
  const reference_seen* seen;
};

class account {
 public:
  account() {
    for (std::size_t i = 0; i < shards; ++i) look_at_shard(i, shards_[i]);
    for (const shard_seen& shard : shards_) {
      for (const object_seen& each : shard.objects) objects_.push_back({&each, &shard, {}});
    }
    std::sort(objects_.begin(), objects_.end(), [](const held_object& a, const held_object& b) {
      return a.seen->object < b.seen->object;
    });
    for (std::uint32_t i = 0; i < objects_.size(); ++i) add_references(i);
    for (const held_reference& each : references_) {
      if (each.seen->as == kind::existence) {
        mark(each.object, &held_object::is_kept);
      } else if (!each.inside) {
        mark(each.object, &held_object::is_leaked);
      }
    }
  }

  [[nodiscard]] std::string text() const {
    std::string out =
        part([](const held_reference&, const held_object* by) { return by == nullptr; },
             "still held", true);
    out +=
        part([](const held_reference&,
                const held_object* by) { return by != nullptr && by->is_leaked && !by->is_kept; },
             "held through these", false);
    out +=
        part([](const held_reference&,
                const held_object* by) { return by != nullptr && !by->is_leaked && !by->is_kept; },
             "held by objects that nobody holds from outside", true);
    return out;
  }

 private:
  void add_references(std::uint32_t object) {
    const held_object& of = objects_[object];
    for (std::uint32_t r = 0; r < of.seen->held; ++r) {
      const reference_seen& each = of.in->references[of.seen->first_reference + r];
      std::optional<std::uint32_t> inside = object_at(each.owner);
      if (!inside) inside = object_at(each.where);
      if (inside) objects_[*inside].keeps.push_back(object);
      references_.push_back({object, inside, &each});
    }
  }
  [[nodiscard]] std::optional<std::uint32_t> object_at(const void* address) const {
    auto at =
        std::upper_bound(objects_.begin(), objects_.end(), address,
                         [](const void* a, const held_object& b) { return a < b.seen->object; });
    if (at == objects_.begin()) return {};
    --at;
    if (!has_inside(*at->seen->type, at->seen->object, address)) return {};
    return static_cast<std::uint32_t>(at - objects_.begin());
  }
  void mark(std::uint32_t from, bool held_object::* as) {
    std::vector<std::uint32_t> next{from};
    while (!next.empty()) {
      held_object& each = objects_[next.back()];
      next.pop_back();
      if (std::exchange(each.*as, true)) continue;
      next.insert(next.end(), each.keeps.begin(), each.keeps.end());
    }
  }

  // The selected references but for those of existence: a line for each type, and the holders.
  template <class Select>
  [[nodiscard]] std::string part(Select selected, const char* how, bool with_holders) const {
    struct of_type {
      shard_seen held;
      std::size_t objects = 0;
    };
    std::map<type_book*, of_type> types;
    std::optional<std::uint32_t> last;
    for (const held_reference& each : references_) {
      const held_object* const by = each.inside ? &objects_[*each.inside] : nullptr;
      if (each.seen->as == kind::existence || !selected(each, by)) continue;
      of_type& sum = types[objects_[each.object].seen->type];
      if (last != each.object) ++sum.objects;
      last = each.object;
      sum.held.references.push_back(*each.seen);
    }
    std::vector<std::pair<type_book*, of_type*>> largest;
    for (auto& [type, sum] : types) largest.emplace_back(type, &sum);
    std::sort(largest.begin(), largest.end(), [](const auto& a, const auto& b) {
      const std::size_t more = a.second->held.references.size();
      const std::size_t less = b.second->held.references.size();
      return more != less ? more > less : a.first->number < b.first->number;
    });
    std::string out;
    for (auto& [type, sum] : largest) {
      const std::size_t references = sum->held.references.size();
      out += "lastout: " + std::string(with_holders ? "" : "and ") +
             counted(references, "reference") + " to " + counted(sum->objects, "object") + " of " +
             type->entry->name + (references == 1 ? " is " : " are ") + how + "\n";
      if (!with_holders) continue;
      object_seen all{};
      all.type = type;
      all.held = static_cast<std::uint32_t>(references);
      sum->held.objects.push_back(all);
      out += text_of_groups(group_references(sum->held), 20);
    }
    return out;
  }

  std::array<shard_seen, shards> shards_;
  std::vector<held_object> objects_;  // by address
  std::vector<held_reference> references_;
};

}  // namespace

std::string leak_report() { return account().text(); }

}  // namespace lastout::ledger
