// listed.hpp - the smallest list of one's own objects: one place, its lock, and objects that leave
// it in release.
//
// What rules 4, 17, 19, 20 look at. Style: kref, or a twin of it.

#pragma once

#include <mutex>

#include <lastout/internal.hpp>
#include <lastout/kref.hpp>

#include "rules/explored.hpp"

namespace listed {

using lock_type = interleave::mutex;
using guard = std::unique_lock<lock_type>;

template <class T>
struct list {
  lock_type lock;
  lastout::internal<T, lock_type> first;
  interleave::plain<T*> pointer{nullptr};  // the same place, for those who do without the type
};

/// What an object does in its release.
struct unlinks_then_frees {
  template <class T>
  static void run(T& object) noexcept {
    {
      const guard held(object.in.lock);
      object.in.first = {};
      object.in.pointer = nullptr;
    }
    delete &object;
  }
};

template <class Word = lastout::refcount, class Release = unlinks_then_frees>
struct item : rules::watched_memory, lastout::kref<item<Word, Release>, Word> {
  using list_type = list<item>;

  explicit item(list_type& l) : in(l) {}
  void release() noexcept {
    released = 1;
    Release::run(*this);
  }

  list_type& in;
  interleave::plain<int> value{42};  // what users read
  interleave::plain<int> released{0};
};

/// One thread puts the last external reference while the other looks the object up.
template <class Item, class Look>
interleave::result last_put_against(Look look) {
  const rules::violations_fail strict;
  return interleave::explore({}, [=](interleave::world& w) {
    auto l = std::make_shared<list<Item>>();
    Item* const made = lastout::make<Item>(*l).leak();
    l->first = lastout::internal<Item, lock_type>(*made, l->lock);
    l->pointer = made;
    w.thread([=] { (void)lastout::external<Item>::adopt(made); });
    w.thread([=] { look(*l); });
    w.finally([=] { interleave::check(!l->first, "the list names nothing in the end"); });
  });
}

}  // namespace listed
