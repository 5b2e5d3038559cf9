// rule_24 - the same address is not the same object: identity is slot plus generation, and a number
// that nobody was given leads to nothing, before and after the memory went back to the system.
//
// Twin: a reference that looks at the address only.

#include <cstdint>
#include <thread>
#include <vector>

#include <lastout/kref.hpp>
#include <lastout/in_slab.hpp>

#include "rules/support.hpp"

namespace {

using lastout::external;
using lastout::in_slab;
using lastout::internal;
using lastout::kref;
using lastout::make;
using lastout::slab;
using rules::recorded_violations;
using rules::verdict;

struct page : kref<page>, in_slab<page> {
  explicit page(int n) : number(n) {}
  int number;
  char bytes[1000] = {};
};
using by_slot_and_generation = internal<page, slab<page>>;

/// Broken: finds whatever stands there.
class by_address {
 public:
  explicit by_address(page& object) : object_(&object) {}
  [[nodiscard]] external<page> get_not_zero() const {
    if (!lastout::reference_access::get_not_zero(*object_)) return {};
    return external<page>::adopt(object_);
  }

 private:
  page* object_;
};

template <class Reference>
verdict a_reference_never_leads_to_another_object() {
  verdict v;
  std::vector<Reference> stale;
  for (int i = 0; i < 1000; ++i) {
    external<page> p = make<page>(i);
    stale.emplace_back(*p);
    v.require(stale.back().get_not_zero() == p, "the object is not found");
    for (std::size_t before = 0; before + 1 < stale.size(); before += 97)
      v.require(!stale[before].get_not_zero(), "another object was found at the same place");
  }
  return v;
}
TEST(rule_24, a_stale_reference_never_leads_to_another_object) {
  EXPECT_HELD(a_reference_never_leads_to_another_object<by_slot_and_generation>());
}
TEST(rule_24, twin_that_looks_at_the_address_only_is_caught) {
  EXPECT_BROKEN(a_reference_never_leads_to_another_object<by_address>());
}

// Numbers may come from anywhere.

verdict numbers_that_nobody_was_given_are_refused(bool trimmed) {
  verdict v;
  recorded_violations seen;
  std::vector<std::uint64_t> given;
  std::thread([&given] {
    std::vector<external<page>> all;
    for (int i = 0; i < 10'000; ++i) {
      all.push_back(make<page>(i));
      given.push_back(by_slot_and_generation(*all.back()).number());
    }
  }).join();
  if (trimmed) v.require(slab<page>::trim([] {}) > 0, "nothing was handed back");
  for (const std::uint64_t number : given) {
    for (std::uint64_t generations = 0; generations < 4; ++generations) {
      external<page> got =
          by_slot_and_generation::from_number(number + (generations << 32)).get_not_zero();
      if (v.require(!got, "generation + " + std::to_string(generations) + " was found")) continue;
      (void)got.leak();
    }
  }
  return v;
}
TEST(rule_24, numbers_that_nobody_was_given_are_refused) {
  EXPECT_HELD(numbers_that_nobody_was_given_are_refused(false));
}
TEST(rule_24, numbers_that_nobody_was_given_are_refused_once_the_memory_went_back) {
  EXPECT_HELD(numbers_that_nobody_was_given_are_refused(true));
}

}  // namespace
