// common_names.cpp - see common_names.hpp.

#include "common_names.hpp"

#include <algorithm>
#include <iterator>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace lastout::ledger_reader {
namespace {

/// The modules of one dump, by address.
class module_map {
 public:
  explicit module_map(const dump& of) {
    for (const module& each : of.modules) modules_.push_back(&each);
    std::sort(modules_.begin(), modules_.end(),
              [](const module* a, const module* b) { return a->begin < b->begin; });
  }

  const module* around(std::uint64_t address) const {
    const auto after =
        std::upper_bound(modules_.begin(), modules_.end(), address,
                         [](std::uint64_t a, const module* each) { return a < each->begin; });
    if (after == modules_.begin()) return nullptr;
    const module* found = *std::prev(after);
    return address < found->end ? found : nullptr;
  }

 private:
  std::vector<const module*> modules_;
};

void append(std::string& key, std::uint64_t number) {
  for (int shift = 0; shift < 64; shift += 8)
    key.push_back(static_cast<char>(static_cast<unsigned char>(number >> shift)));
}

/// The number of `key`, a new one when it was not there.
template <class Key>
std::uint32_t number_of(std::unordered_map<Key, std::uint32_t>& known, Key key, bool& is_new) {
  const auto [found, inserted] =
      known.emplace(std::move(key), static_cast<std::uint32_t>(known.size()));
  is_new = inserted;
  return found->second;
}

}  // namespace

common_names::common_names(std::vector<const dump*> dumps)
    : types_(dumps.size()), tags_(dumps.size()), stacks_(dumps.size()) {
  std::unordered_map<std::string_view, std::uint32_t> types, tags;
  std::unordered_map<std::string, std::uint32_t> stacks, modules;
  bool is_new = false;
  // From the last one back: what several have is told as the last one has it.
  for (std::size_t i = dumps.size(); i-- > 0;) {
    for (const auto& each : dumps[i]->types) {
      types_[i].push_back(number_of(types, std::string_view(each.name), is_new));
      if (is_new) type_names_.push_back(&each.name);
    }
    for (const std::string& each : dumps[i]->tags) {
      tags_[i].push_back(number_of(tags, std::string_view(each), is_new));
      if (is_new) tag_texts_.push_back(&each);
    }
    const module_map map(*dumps[i]);
    std::unordered_map<const module*, std::uint32_t> module_numbers;
    for (std::uint32_t stack = 0; stack < dumps[i]->stacks.size(); ++stack) {
      std::string key;
      for (const std::uint64_t address : dumps[i]->stacks[stack]) {
        const module* around = map.around(address);
        if (around == nullptr) {
          append(key, none);
          append(key, address);
          continue;
        }
        const auto [known, first] = module_numbers.emplace(around, 0);
        if (first)
          known->second = number_of(modules, around->build_id + ' ' + around->path, is_new);
        append(key, known->second);
        append(key, address - around->begin + around->offset);
      }
      stacks_[i].push_back(number_of(stacks, std::move(key), is_new));
      if (is_new) stack_places_.push_back({i, stack});
    }
  }
}

}  // namespace lastout::ledger_reader
