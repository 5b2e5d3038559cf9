// holders.cpp - see holders.hpp.

#include "holders.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

#include "keepers.hpp"
#include "type_match.hpp"

namespace lastout::ledger_reader {
namespace {

void add_up(const object& each, type_holders& into) {
  ++into.objects;
  into.held += each.held.size();
  for (const reference& held : each.held) {
    if (held.kind == reference_kind::existence) ++into.existence;
  }
  if (!each.references) {
    ++into.silent;
    return;
  }
  const std::uint64_t counted = *each.references;
  const std::uint64_t noted = each.held.size();
  if (noted > counted) into.too_many += noted - counted;
  if (noted < counted) (each.whole ? into.absent : into.late) += counted - noted;
}

std::string references(std::uint64_t n) {
  return std::to_string(n) + (n == 1 ? " reference" : " references");
}

std::string is_or_are(std::uint64_t n) { return n == 1 ? " is" : " are"; }

}  // namespace

holders::holders(const dump& of) : of_(of), names_({&of}), grouped_({&of}, names_) {
  std::vector<type_holders> by_type(of.types.size());
  for (const object& each : of.objects) add_up(each, by_type[each.type]);
  // Types of the same name are told as one: a program may know a type by several entries.
  std::vector<type_holders> by_name(names_.type_count());
  for (std::uint32_t number = 0; number < by_type.size(); ++number) {
    const type_holders& from = by_type[number];
    type_holders& into = by_name[names_.type(0, number)];
    if (into.type == none) into.type = number;
    into.objects += from.objects;
    into.held += from.held;
    into.existence += from.existence;
    into.late += from.late;
    into.absent += from.absent;
    into.too_many += from.too_many;
    into.silent += from.silent;
  }
  for (const holder_group& each : grouped_.groups()) {
    type_holders& of_type = by_name[each.key.type];
    (each.key.kind == reference_kind::existence ? of_type.existence_groups : of_type.groups)
        .push_back(&each);
  }
  for (type_holders& each : by_name) {
    if (each.objects != 0) types_.push_back(std::move(each));
  }
  std::sort(types_.begin(), types_.end(), [](const type_holders& a, const type_holders& b) {
    return std::tuple(b.held, a.type) < std::tuple(a.held, b.type);
  });
}

const std::vector<std::uint64_t>* holders::stack(const holder_key& of) const {
  return of.stack == none ? nullptr : &of_.stacks[names_.stack_at(of.stack).stack];
}

const std::string* holders::tag(const holder_key& of) const {
  return of.tag == none ? nullptr : &names_.tag_text(of.tag);
}

std::vector<std::string> holders::remarks(const type_holders& of) const {
  std::vector<std::string> out;
  if (of.late != 0) {
    out.push_back(references(of.late) + is_or_are(of.late) + " not known: taken before " +
                  (of_.forked_from ? "the fork, or before tracking began" : "tracking began"));
  }
  if (of.absent != 0) {
    out.push_back(references(of.absent) + is_or_are(of.absent) + " not known: " +
                  (of_.missed == 0
                       ? "taken by no handle, or counted and not yet noted"
                       : "the ledger has missed " + std::to_string(of_.missed) +
                             " events in all, for want of memory or in signal handlers"));
  }
  if (of.too_many != 0) {
    out.push_back(references(of.too_many) + is_or_are(of.too_many) +
                  " noted, but no longer counted: put once too often, or being put just then");
  }
  if (of.silent != 0) {
    out.push_back(std::to_string(of.silent) + (of.silent == 1 ? " object has" : " objects have") +
                  " no count to compare with");
  }
  if (const std::uint64_t share = of_.types[of.type].share; share > 1) {
    out.push_back("1 object in " + std::to_string(share) +
                  " is tracked: in all there may be so many times more");
  }
  return out;
}

bool keep_only_type(dump& of, std::string_view said) {
  std::vector<bool> meant(of.types.size());
  for (std::size_t i = 0; i < meant.size(); ++i) meant[i] = means_type(said, of.types[i].name);
  if (std::find(meant.begin(), meant.end(), true) == meant.end()) return false;
  std::erase_if(of.objects, [&](const object& each) { return !meant[each.type]; });
  return true;
}

bool keep_only_object(dump& of, std::uint64_t address) {
  const std::uint32_t meant = keepers(of).object_around(address);
  if (meant == none) return false;
  object only = std::move(of.objects[meant]);
  of.objects.clear();
  of.objects.push_back(std::move(only));
  return true;
}

}  // namespace lastout::ledger_reader
