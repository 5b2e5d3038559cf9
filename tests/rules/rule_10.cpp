// rule_10 - zero is an event, not a free: release may keep the object.
//
// Twin: a style that frees after release, whatever release did. Tool: an operator delete that
// counts.

#include <new>

#include <lastout/kref.hpp>
#include <lastout/external.hpp>

#include "rules/support.hpp"

namespace {

using lastout::external;
using lastout::reference_access;
using rules::verdict;

template <template <class> class Style>
struct pooled : Style<pooled<Style>> {
  void release() noexcept { ++released; }
  static void operator delete(void*) noexcept { ++freed; }  // the test frees
  static void bury(pooled* kept) noexcept {
    delete kept;
    ::operator delete(static_cast<void*>(kept));
  }

  int released = 0;
  static inline int freed = 0;
};

template <class T>
using real = lastout::kref<T>;

// Broken: frees after release.
template <class T>
class frees_anyway {
 public:
  using counted_root = T;
  void birth_reference() noexcept { word_.birth(); }
  void get_reference() const noexcept { word_.get(); }
  void put_reference() const noexcept {
    if (!word_.put()) return;
    T* const object = const_cast<T*>(static_cast<const T*>(this));
    object->release();
    T::operator delete(object);
  }

 private:
  mutable lastout::refcount word_;
};

template <template <class> class Style>
verdict release_may_keep_the_object() {
  verdict v;
  using object = pooled<Style>;
  object::freed = 0;
  object* const kept = new object;
  for (int life = 1; life <= 3; ++life) {
    reference_access::birth(*kept);
    {
      const external<object> only = external<object>::adopt(kept);
    }
    v.require(kept->released == life, "not released once in life " + std::to_string(life));
    v.require(object::freed == 0, "freed behind the back of release");
  }
  object::bury(kept);
  return v;
}

TEST(rule_10, release_may_keep_the_object) { EXPECT_HELD(release_may_keep_the_object<real>()); }
TEST(rule_10, twin_that_frees_anyway_is_caught) {
  EXPECT_BROKEN(release_may_keep_the_object<frees_anyway>());
}

}  // namespace
