// rule_54.cpp - generic copies do not duplicate counted pointers silently.

#include <cstdint>
#include <type_traits>
#include <utility>
#include <vector>

#include <lastout/dual.hpp>
#include <lastout/external.hpp>
#include <lastout/kcref.hpp>
#include <lastout/kref.hpp>
#include <lastout/plain.hpp>

#include "rules/support.hpp"

namespace {

using lastout::external;
using rules::recorded_violations;
using rules::verdict;

struct session : lastout::kref<session> {
  explicit session(int& r) : released(r) {}
  void release() noexcept { ++released; }  // the memory stays, so that a put too many meets it
  int& released;
};

/// A structure that somebody copies without a thought: its references are got, by what they are.
template <class Reference>
struct request {
  int number = 0;
  Reference of;
};

/// The twin: a reference that is copied like a number.
class shallow {
 public:
  explicit shallow(external<session> of) : object_(of.leak()) {}
  shallow(const shallow&) = default;  // broken: two references, one get
  shallow& operator=(const shallow&) = default;
  ~shallow() { external<session>::adopt(object_).put(); }

 private:
  session* object_;
};

template <class Reference>
verdict a_copied_structure_holds_a_reference_of_its_own() {
  recorded_violations seen;
  verdict v;
  int released = 0;
  session memory(released);
  lastout::reference_access::birth(memory);
  {
    request<Reference> one{1, Reference(external<session>::adopt(&memory))};
    {
      const request<Reference> other = one;
      v.require(memory.references() == 2, "a copy was made and nothing was got");
    }
    v.require(released == 0, "the end of a copy released the object under the original");
    std::vector<request<Reference>> many(5, one);
    v.require(memory.references() == 6, "copies were made and nothing was got");
    many.front() = many.back();
    v.require(memory.references() == 6, "an assignment leaked or ate a reference");
  }
  v.require(released == 1, "not released once, by the last of the copies");
  v.require(seen.none(), seen.text());
  return v;
}

TEST(rule_54, a_copied_structure_holds_a_reference_of_its_own) {
  EXPECT_HELD(a_copied_structure_holds_a_reference_of_its_own<external<session>>());
}

TEST(rule_54, twin_is_caught) {
  EXPECT_BROKEN(a_copied_structure_holds_a_reference_of_its_own<shallow>());
}

// The other half: an object that is copied has no references but its own.

struct counts_itself : lastout::kref<counts_itself> {
  explicit counts_itself(int n) : name(n) {}
  counts_itself(const counts_itself& other) : kref(), name(other.name) {}  // says what is copied
  using handle = external<counts_itself>;
  static handle make(int n) { return lastout::make<counts_itself>(n); }
  static handle copy(const counts_itself& of) { return lastout::make<counts_itself>(of); }
  int name;
};

/// The twin: the count is a member like others.
struct copies_count {
  class handle {
   public:
    explicit handle(copies_count* of) : object_(of) {}
    handle(const handle& other) : object_(other.object_) { ++object_->count; }
    handle& operator=(const handle&) = delete;
    ~handle() { --object_->count; }  // the memory is static: nothing to free
    copies_count* operator->() const { return object_; }
    copies_count& operator*() const { return *object_; }

   private:
    copies_count* object_;
  };
  static handle make(int n) {
    static copies_count made;
    made = {.name = n, .count = 1};
    return handle(&made);
  }
  static handle copy(const copies_count& of) {
    static copies_count made;
    made = of;  // broken: with the count that others have of the original
    return handle(&made);
  }
  [[nodiscard]] std::uint32_t references() const { return count; }
  int name = 0;
  std::uint32_t count = 0;
};

template <class Object>
verdict a_copied_object_is_born_with_one_reference() {
  verdict v;
  const typename Object::handle original = Object::make(7);
  const typename Object::handle other = original;
  const typename Object::handle copy = Object::copy(*original);
  v.require(copy->name == 7, "not a copy");
  v.require(copy->references() == 1, "the copy counts references that are not to it");
  v.require(original->references() == 2, "the copy changed the original's count");
  return v;
}

TEST(rule_54, a_copied_object_is_born_with_one_reference) {
  const recorded_violations seen;
  EXPECT_HELD(a_copied_object_is_born_with_one_reference<counts_itself>());
  EXPECT_TRUE(seen.none()) << seen.text();
}

TEST(rule_54, twin_that_copies_the_count_is_caught) {
  EXPECT_BROKEN(a_copied_object_is_born_with_one_reference<copies_count>());
}

// Without a word from the author no object copies: tests/compile/rule_54_*.cpp.
struct page;
struct by_plain : lastout::plain<by_plain, page> {};
struct page : lastout::plain_parent<page, by_plain> {};
struct by_kcref : lastout::kcref<by_kcref> {};
struct by_dual : lastout::dual<by_dual> {};
template <class T>
constexpr bool copies = std::is_copy_constructible_v<T> || std::is_copy_assignable_v<T> ||
                        std::is_move_constructible_v<T> || std::is_move_assignable_v<T>;
static_assert(!copies<session> && !copies<by_kcref> && !copies<by_dual>);
static_assert(!copies<by_plain> && !copies<page>);
static_assert(!copies<lastout::refcount>);
static_assert(!std::is_trivially_copyable_v<external<session>>);
static_assert(!std::is_copy_constructible_v<lastout::active<by_dual>>);
static_assert(!std::is_copy_constructible_v<lastout::killed<by_kcref>>);

}  // namespace
