// kcref_stress_test.cpp - a small cache by one lock, by two, and by none: found, dropped, doomed,
// evicted.

#include "stress/stress.hpp"

#include <array>
#include <mutex>
#include <tuple>
#include <utility>

#include <lastout/internal.hpp>
#include <lastout/kcref.hpp>

namespace {

using namespace stress;
using lastout::external;
using lastout::fate;
using lastout::internal;
using lastout::killed;
using lastout::make;

constexpr std::size_t keys = 6;

/// What an object of every kind must go through: linked, unlinked once, released once.
struct checked_object {
  canary alive;
  std::atomic<int> unlinked = 0;
  std::atomic<int> released = 0;
  std::size_t key = keys;  // keys: in no table

  void use() const {
    alive.check();
    if (unlinked != 0) ADD_FAILURE() << "killed while somebody holds it";
  }
  void told_unlink() {
    alive.check();
    if (unlinked++ != 0) ADD_FAILURE() << "unlinked twice";
  }
  void told_release() {
    alive.check();
    if (unlinked != 1) ADD_FAILURE() << "released without being unlinked";
    if (released++ != 0) ADD_FAILURE() << "released twice";
  }
};

struct tally {
  std::atomic<long> born = 0;
  std::atomic<long> freed = 0;
  std::atomic<long> resurrected = 0;
  std::atomic<long> evicted = 0;
  std::atomic<long> doomed = 0;
};

// ---- by locks: the table is read under any of them, changed under all ----

template <int Locks>
struct locks_of;
template <>
struct locks_of<1> {
  static inline std::mutex a;
  template <class T>
  using style = lastout::kcref<T, std::mutex>;
  static std::tuple<std::mutex&> all() noexcept { return {a}; }
  static std::mutex& any(chance&) { return a; }
};
template <>
struct locks_of<2> {
  static inline std::mutex a;
  static inline std::mutex b;
  template <class T>
  using style = lastout::kcref<T, std::mutex, std::mutex>;
  static std::tuple<std::mutex&, std::mutex&> all() noexcept { return {a, b}; }
  static std::mutex& any(chance& c) { return c.one_in(2) ? a : b; }
};

template <int Locks>
struct entry : checked_object, locks_of<Locks>::template style<entry<Locks>> {
  using style = typename locks_of<Locks>::template style<entry>;
  using idle_proof = typename style::idle_proof;

  entry() { ++counts.born; }
  ~entry() { ++counts.freed; }
  auto locks() noexcept { return locks_of<Locks>::all(); }
  fate idle(const idle_proof&) noexcept {
    use();
    if (this->references() != 0) ADD_FAILURE() << "idle although somebody holds it";
    point();
    return ++times_idle % 5 == 0 ? fate::kill : fate::keep;
  }
  void unlink(const idle_proof&) noexcept {
    told_unlink();
    if (key != keys) table[key] = nullptr;
  }
  void release() noexcept {
    told_release();
    delete this;
  }

  int times_idle = 0;  // guarded by the locks
  static inline std::array<entry*, keys> table{};
  static inline tally counts;

  // The guards of all locks; braces take them in order.
  static auto lock_all() {
    return std::apply([](auto&... each) { return std::tuple{std::unique_lock(each)...}; },
                      locks_of<Locks>::all());
  }

  static external<entry> find(std::size_t key, chance& c) {
    const std::unique_lock guard(locks_of<Locks>::any(c));
    entry* const listed = table[key];
    if (listed == nullptr) return {};
    if (c.one_in(3)) return internal<entry>(*listed, *guard.mutex()).get_not_zero(guard);
    external<entry> found = listed->resurrect(guard);
    if (!found) ADD_FAILURE() << "dead and still in the table";
    ++counts.resurrected;
    return found;
  }

  static external<entry> create(std::size_t key, chance& c) {
    external<entry> fresh = make<entry>();
    {
      const auto guards = lock_all();
      if (table[key] == nullptr) {
        fresh->key = key;
        table[key] = fresh.address();
        return fresh;
      }
    }
    fresh.kill_on_put();
    fresh.put();  // somebody was faster
    return find(key, c);
  }

  static void evict(std::size_t key) {
    killed<entry> gone;
    {
      const auto guards = lock_all();
      if (table[key] == nullptr) return;
      gone =
          std::apply([key](const auto&... each) { return table[key]->kill_idle(each...); }, guards);
    }
    if (gone) ++counts.evicted;
  }
};

// ---- by no lock of its own: the lock only keeps the memory in place ----

struct frozen_entry : checked_object, lastout::kcref<frozen_entry> {
  frozen_entry() { ++counts.born; }
  ~frozen_entry() { ++counts.freed; }
  fate idle(const idle_proof&) noexcept {
    use();
    point();
    return ++times_idle % 5 == 0 ? fate::kill : fate::keep;
  }
  void unlink(const idle_proof&) noexcept {
    told_unlink();
    const std::lock_guard guard(
        lock);  // a doomed one comes from a put, an evicted one from under the lock
    if (key != keys) table[key] = nullptr;
  }
  void release() noexcept {
    told_release();
    delete this;
  }

  int times_idle = 0;  // the freeze's
  static inline std::recursive_mutex lock;
  static inline std::array<frozen_entry*, keys> table{};
  static inline tally counts;

  static external<frozen_entry> find(std::size_t key, chance&) {
    const std::unique_lock guard(lock);
    frozen_entry* const listed = table[key];
    if (listed == nullptr) return {};
    return internal<frozen_entry, std::recursive_mutex>(*listed, lock).get_not_zero(guard);
  }
  static external<frozen_entry> create(std::size_t key, chance& c) {
    external<frozen_entry> fresh = make<frozen_entry>();
    {
      const std::lock_guard guard(lock);
      if (table[key] == nullptr) {
        fresh->key = key;
        table[key] = fresh.address();
        return fresh;
      }
    }
    fresh.kill_on_put();
    fresh.put();
    return find(key, c);
  }
  static void evict(std::size_t key) {
    killed<frozen_entry> gone;
    {
      const std::lock_guard guard(lock);
      if (table[key] == nullptr) return;
      gone = table[key]->reclaim();
    }
    if (gone) ++counts.evicted;
  }
};

template <class Entry>
class kcref_stress_test : public stress_test {};
using kinds = testing::Types<entry<1>, entry<2>, frozen_entry>;
TYPED_TEST_SUITE(kcref_stress_test, kinds);

TYPED_TEST(kcref_stress_test, what_is_found_is_alive_and_each_is_unlinked_and_released_once) {
  using object = TypeParam;
  tally& counts = object::counts;
  const int steps = rounds(8'000);
  run_on_threads(threads(), 0, [&](int, chance& c) {
    std::vector<external<object>> held;
    for (int step = 0; step < steps; ++step) {
      const std::size_t key = c.below(keys);
      if (c.one_in(12)) {
        object::evict(key);
      } else {
        external<object> got = object::find(key, c);
        if (!got) got = object::create(key, c);
        if (got) {
          got->use();
          if (got->key != key) ADD_FAILURE() << "another object under this name";
          if (c.one_in(40)) {
            ++counts.doomed;
            got.kill_on_put();
          }
          if (c.one_in(2)) held.push_back(got);
        }
      }
      if (!held.empty() && c.one_in(2)) {
        swap(held[c.below(held.size())], held.back());
        held.back()->use();
        held.pop_back();
      }
      if (held.size() > 4) held.clear();
    }
  });
  chance c(seed());
  for (std::size_t key = 0; key < keys; ++key) {  // idle() says keep four times of five
    for (int i = 0; i < 10 && object::table[key] != nullptr; ++i) object::evict(key);
    EXPECT_EQ(object::table[key], nullptr) << "somebody still holds it";
  }
  EXPECT_GT(counts.born, static_cast<long>(keys));
  EXPECT_GT(counts.evicted, 0);
  EXPECT_GT(counts.doomed, 0);
  EXPECT_EQ(counts.born, counts.freed);
}

}  // namespace
