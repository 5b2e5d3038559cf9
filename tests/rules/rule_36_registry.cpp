// rule_36 - two creators of one name get one object: the one that has the name. Who asks after an
// erase does not get what was erased.
//
// Twin: who waits for a creator takes the answer, and does not look whether it still has the name.

#include <chrono>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>

#include <lastout/kref.hpp>
#include <lastout/registry.hpp>

#include "rules/support.hpp"

namespace {

using lastout::external;
using lastout::in_slab;
using lastout::kref;
using lastout::make;
using rules::verdict;

template <template <class> class Table>
struct session : kref<session<Table>>, in_slab<session<Table>> {
  using table = Table<session>;
  session(table& in, int n) : home(in), number(n) {}
  void release() noexcept {
    home.leave(*this);
    delete this;
  }
  static void observe(lastout::event what, std::uint32_t) {
    if (what == lastout::event::got && on_next_get) std::exchange(on_next_get, nullptr)();
  }
  table& home;
  const int number;
  static inline thread_local std::function<void()> on_next_get;
};
template <class T>
int number_of(const T& object) noexcept {
  return object.number;
}
template <class T>
using real = lastout::registry<int, T, &number_of<T>>;

/// Broken: one name; who finds somebody creating takes what that one has made.
template <class T>
class takes_the_answer {
 public:
  template <class Create>
  external<T> get_or_create(int, Create&& create) {
    {
      const std::lock_guard guard(lock_);
      if (creates_ != nullptr) return external<T>::get(*creates_);
      if (named_) return named_;
    }
    external<T> made = create();
    T& borrowed = *made;
    {
      const std::lock_guard guard(lock_);
      creates_ = &borrowed;
      named_ = std::move(made);
    }
    external<T> mine = external<T>::get(borrowed);  // named, but its creation is not over
    const std::lock_guard guard(lock_);
    creates_ = nullptr;
    return mine;
  }
  external<T> erase(int) {
    const std::lock_guard guard(lock_);
    return std::exchange(named_, {});
  }
  void leave(const T&) noexcept {}

 private:
  std::mutex lock_;
  T* creates_ = nullptr;
  external<T> named_;
};

template <template <class> class Table>
verdict who_asks_after_an_erase_gets_another_object() {
  using object = session<Table>;
  verdict v;
  typename object::table all;
  const auto create = [&all] { return make<object>(all, 7); };
  external<object> erased;
  external<object> second;
  external<object> waited;
  std::thread late;
  std::thread waiter;
  // The creator has put its object in and copies its reference, for one who waits; somebody erases
  // the name; then somebody asks for it.
  external<object> first = all.get_or_create(7, [&] {
    waiter = std::thread([&] { waited = all.get_or_create(7, create); });
    std::this_thread::sleep_for(std::chrono::milliseconds(50));  // it comes as far as it can
    external<object> made = create();
    object::on_next_get = [&] {
      std::thread([&] { erased = all.erase(7); }).join();
      late = std::thread([&] { second = all.get_or_create(7, create); });
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    };
    return made;
  });
  object::on_next_get = nullptr;
  waiter.join();
  if (late.joinable()) late.join();
  v.require(erased && erased == first, "the name was not erased");
  v.require(bool(second), "who asked late got nothing");
  v.require(second != first, "who asked late got what had been erased");
  v.require(waited && waited != first, "who waited got what had been erased");
  return v;
}

TEST(rule_36, who_asks_after_an_erase_gets_another_object) {
  EXPECT_HELD(who_asks_after_an_erase_gets_another_object<real>());
}
TEST(rule_36, twin_that_takes_the_creators_answer_is_caught) {
  // Where the machine is busy who is late comes later still, and gets an object of its own.
  verdict last = who_asks_after_an_erase_gets_another_object<takes_the_answer>();
  for (int more = 0; last.held() && more < 20; ++more)
    last = who_asks_after_an_erase_gets_another_object<takes_the_answer>();
  EXPECT_BROKEN(last);
}

}  // namespace
