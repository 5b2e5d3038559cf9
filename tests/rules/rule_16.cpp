// rule_16 - an internal reference does not keep the object alive; else a managing list keeps
// everything alive.
//
// Twin: the same list with counted references. Tool: put everything and look what is left.

#include <mutex>
#include <vector>

#include <lastout/internal.hpp>
#include <lastout/kref.hpp>

#include "rules/support.hpp"

namespace {

using lastout::external;
using lastout::internal;
using rules::verdict;

/// A list of all sessions, which each leaves in its release.
template <class Reference>
struct session_list;

template <template <class> class Reference>
struct session : lastout::kref<session<Reference>> {
  using list = session_list<Reference<session>>;
  explicit session(list& l) : in(l) { ++in.alive; }
  ~session() { --in.alive; }
  void release() noexcept {
    in.remove(*this);
    delete this;
  }
  list& in;
};

template <class T>
using weak = internal<T>;
template <class T>
using counted = external<T>;

template <class T>
struct session_list<internal<T>> {
  ~session_list() = default;
  void add(T& object) {
    const std::lock_guard held(lock);
    entries.emplace_back(object, lock);
  }
  void remove(const T& object) {
    const std::lock_guard held(lock);
    std::erase_if(entries, [&](const internal<T>& each) { return each.refers_to(object); });
  }
  std::mutex lock;
  std::vector<internal<T>> entries;
  int alive = 0;
};

// Broken: the list holds external references.
template <class T>
struct session_list<external<T>> {
  void add(T& object) {
    const std::lock_guard held(lock);
    entries.push_back(external<T>::get(object));
  }
  void remove(const T& object) {
    const std::lock_guard held(lock);
    std::erase_if(entries, [&](const external<T>& each) { return each.address() == &object; });
  }
  ~session_list() {
    while (!entries.empty()) {
      external<T> last = std::move(entries.back());
      entries.pop_back();
    }
  }
  std::mutex lock;
  std::vector<external<T>> entries;
  int alive = 0;
};

template <template <class> class Reference>
verdict a_list_keeps_nothing_alive() {
  verdict v;
  using object = session<Reference>;
  typename object::list all;
  {
    std::vector<external<object>> users;
    for (int i = 0; i < 10; ++i) {
      users.push_back(lastout::make<object>(all));
      all.add(*users.back());
    }
    v.require(all.alive == 10 && all.entries.size() == 10, "not all are listed");
    v.require(users.front()->references() == 1, "the list counts as a user");
    users.resize(5, nullptr);
    v.require(all.alive == 5, std::to_string(all.alive) + " alive with 5 users");
  }
  v.require(all.alive == 0, std::to_string(all.alive) + " alive without users");
  v.require(all.entries.empty(), "the list names the dead");
  return v;
}

TEST(rule_16, a_list_of_internal_references_keeps_nothing_alive) {
  EXPECT_HELD(a_list_keeps_nothing_alive<weak>());
}
TEST(rule_16, twin_list_that_counts_is_caught) {
  EXPECT_BROKEN(a_list_keeps_nothing_alive<counted>());
}

}  // namespace
