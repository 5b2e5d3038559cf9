// rcuref_put.cpp - Linux's rcuref_put() (b9a49520679e, 2024): who took the count below zero reads it
// again, when it is not his any more.
//
// Linux 6.4 to 6.13: the put decrements, and its slow path loads the count anew to see what to do.
// Between the two another thread may get and put: it is the last one then, and marks the count dead.
// The first one finds "dead", calls it an imbalanced put and writes to the count. In Linux a grace
// period keeps that memory in place; without one it is freed by then. Rule 31.
//
// Lastout's count notes the put that stands between, and waits for it. Here is a count by hand, as
// the second argument of kref, which is as far as a user can go.
//
// says: ^lastout: violation used_once_freed in .* of counts::listed<.*> at 0x
// says: ^  byte [0-9]+ of it was written to after it had been freed$
// says: ^  it was released by thread .* ago, at$
// stack: drop_quickly
// asan: use-after-poison
// asan: guilty_word::last_put
// asan: ^lastout: what the ledger knows of that object:$
// asan: drop_quickly

#include <cstdint>
#include <mutex>
#include <semaphore>
#include <thread>
#include <utility>

#include <lastout/internal.hpp>
#include <lastout/kref.hpp>

#include "reproduction.hpp"

namespace counts {

using lastout::external;
namespace order = lastout::order;

/// Where the first put stands between its decrement and its second look.
struct stall {
  std::binary_semaphore below_zero{0};
  std::binary_semaphore go_on{0};
};
static stall* stalls = nullptr;

/// rcuref's zones: n references are n - 1; one below zero is none; the upper half is dead.
class guilty_word {
 public:
  void birth(std::uint32_t n, lastout::subject /*unused*/) { count_.store(n - 1, order::release); }
  void get(lastout::subject /*unused*/) { count_.fetch_add(1, order::relaxed); }
  bool get_not_zero(lastout::subject /*unused*/) {
    return static_cast<std::int32_t>(count_.fetch_add(1, order::acquire) + 1) >= 0;
  }
  bool put(lastout::subject /*unused*/) {
    const std::uint32_t now = count_.fetch_sub(1, order::release) - 1;
    return static_cast<std::int32_t>(now) < 0 && last_put();
  }
  bool dead() const { return static_cast<std::int32_t>(count_.load(order::relaxed)) < 0; }
  std::uint32_t references() const { return dead() ? 0 : count_.load(order::relaxed) + 1; }

 private:
  static constexpr std::uint32_t none = 0xffffffff;
  static constexpr std::uint32_t dead_mark = 0xe0000000;

  [[gnu::noinline]] bool last_put() {
    if (stall* const here = std::exchange(stalls, nullptr)) {
      here->below_zero.release();
      here->go_on.acquire();
    }
    std::uint32_t seen = count_.load(order::relaxed);  // the bug: whose count is this by now?
    if (seen == none)
      return count_.compare_exchange_strong(seen, dead_mark, order::acq_rel, order::relaxed);
    count_.store(dead_mark, order::relaxed);  // "imbalanced put"
    return false;
  }

  lastout::atomic<std::uint32_t> count_{dead_mark};
};

template <class T>
struct table {
  std::mutex lock;
  lastout::internal<T> only;
};

/// Stands in its table as long as it is there.
template <class Word>
struct listed : lastout::kref<listed<Word>, Word> {
  explicit listed(table<listed>& in) noexcept : in_(in) {}
  ~listed() {
    const std::lock_guard held(in_.lock);
    in_.only = {};
  }

 private:
  table<listed>& in_;
};
using entry = listed<guilty_word>;
using counted_entry = listed<lastout::refcount>;

template <class T>
[[gnu::noinline]] static void drop_quickly(table<T>& in) {
  external<T> found;
  {
    const std::unique_lock held(in.lock);
    found = in.only.get_not_zero(held);
  }
  found.put();
}

template <class T>
[[gnu::noinline]] static void drop(external<T>& own) {
  own.put();
}

template <class T>
static void one_stalls_and_one_comes_by(stall* at) {
  table<T> in;
  external<T> own = lastout::make<T>(in);
  in.only = {*own, in.lock};
  stalls = at;
  std::thread first([&own] { drop(own); });
  if (at != nullptr) at->below_zero.acquire();
  drop_quickly(in);
  if (at != nullptr) at->go_on.release();
  first.join();
}

}  // namespace counts

int main(int count, char** words) {
  if (bugs::asked(count, words) == bugs::variant::broken) {
    counts::stall between;
    counts::one_stalls_and_one_comes_by<counts::entry>(&between);
  } else {
    counts::one_stalls_and_one_comes_by<counts::counted_entry>(nullptr);
  }
  return 0;
}
