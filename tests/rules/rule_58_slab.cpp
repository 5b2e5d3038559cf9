// rule_58 - on memory that stays objects of one type, who comes late meets a word that refuses him,
// however the next object is made.
//
// Twin: an object that is set to zero before its constructor runs; zero is the word of an object
// with one reference.

#include <new>

#include <lastout/kref.hpp>
#include <lastout/in_slab.hpp>

#include "rules/support.hpp"

namespace {

using lastout::external;
using lastout::in_slab;
using lastout::kref;
using lastout::make;
using lastout::reference_access;
using lastout::slab;
using rules::recorded_violations;
using rules::verdict;

/// Who has an object's address from before, and comes while the next one is being made there.
template <class T>
struct latecomer {
  latecomer() noexcept {
    if (comes_for != nullptr && reference_access::get_not_zero(*comes_for)) ++got;
  }
  static inline T* comes_for = nullptr;
  static inline int got = 0;
};

/// Its latecomer comes before its count is constructed. No constructor is written, so `T()` means:
/// all zero first.
struct bare : latecomer<bare>, kref<bare>, in_slab<bare> {
  int fields[8] = {};
};
struct written : latecomer<written>, kref<written>, in_slab<written> {
  written() noexcept {}
  int fields[8] = {};
};

struct by_make {
  template <class T>
  static external<T> create() {
    return make<T>();
  }
};
struct zero_first {
  template <class T>
  static external<T> create() {
    T* const born = new (std::nothrow) T();
    reference_access::birth(*born);
    return external<T>::adopt(born);
  }
};

template <class T, class Make>
verdict who_comes_while_the_next_one_is_made_is_refused() {
  verdict v;
  recorded_violations seen;
  latecomer<T>::comes_for = nullptr;
  latecomer<T>::got = 0;
  external<T> first = Make::template create<T>();
  T* const place = first.address();
  first.put();
  latecomer<T>::comes_for = place;
  external<T> second = Make::template create<T>();
  latecomer<T>::comes_for = nullptr;
  v.require(second == place, "the place was not used again");
  v.require(latecomer<T>::got == 0, "the latecomer got an object that is not born");
  if (latecomer<T>::got != 0) (void)second.leak();
  return v;
}

TEST(rule_58, who_comes_while_the_next_object_is_made_is_refused) {
  EXPECT_HELD(who_comes_while_the_next_one_is_made_is_refused<written, by_make>());
  EXPECT_HELD(who_comes_while_the_next_one_is_made_is_refused<bare, by_make>());
}
TEST(rule_58, twin_that_is_set_to_zero_first_is_caught) {
  EXPECT_BROKEN(who_comes_while_the_next_one_is_made_is_refused<bare, zero_first>());
}

}  // namespace
