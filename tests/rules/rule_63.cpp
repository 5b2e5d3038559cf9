// rule_63 - an object that cannot be freed yet says so when its count reaches zero: its release()
// or idle() is called at each last put, and is where it says so.
//
// Twins: one that is kept by a reference of its own, and never reaches zero; one that says so the
// first time only.

#include <mutex>
#include <tuple>

#include <lastout/external.hpp>
#include <lastout/kcref.hpp>
#include <lastout/kref.hpp>

#include "rules/support.hpp"

namespace {

using lastout::external;
using lastout::fate;
using lastout::reference_access;
using rules::verdict;

class by_kref {
 public:
  struct object : lastout::kref<object> {
    void release() noexcept { ++told; }
    int told = 0;
  };
  external<object> life() {
    reference_access::birth(it_);
    return external<object>::adopt(&it_);
  }
  [[nodiscard]] int told() const noexcept { return it_.told; }

 private:
  object it_;
};

class by_kcref {
 public:
  struct object : lastout::kcref<object, std::mutex> {
    explicit object(std::mutex& l) noexcept : lock(l) {}
    fate idle(const idle_proof&) noexcept {
      ++told;
      return fate::keep;
    }
    void unlink(const idle_proof&) noexcept {}
    std::tuple<std::mutex&> locks() noexcept { return lock; }
    std::mutex& lock;
    int told = 0;
  };
  by_kcref() = default;
  by_kcref(const by_kcref&) = delete;
  by_kcref& operator=(const by_kcref&) = delete;
  ~by_kcref() {
    std::unique_lock held(lock_);
    const lastout::killed<object> gone = it_->kill_idle(held);
    held.unlock();
  }
  external<object> life() {
    if (it_ == nullptr) {
      external<object> first = lastout::make<object>(lock_);
      it_ = first.address();
      return first;
    }
    std::unique_lock held(lock_);
    return it_->resurrect(held);
  }
  [[nodiscard]] int told() const noexcept { return it_->told; }

 private:
  std::mutex lock_;
  object* it_ = nullptr;
};

/// Broken: kept by one reference more.
class keeps_itself {
 public:
  using object = by_kref::object;
  external<object> life() { return mine_; }
  [[nodiscard]] int told() const noexcept { return it_.told; }

 private:
  object it_;
  external<object> mine_ = [this] {
    reference_access::birth(it_);
    return external<object>::adopt(&it_);
  }();
};

/// Broken: takes what is said once for enough.
class says_so_once : public by_kref {
 public:
  [[nodiscard]] int told() const noexcept { return by_kref::told() == 0 ? 0 : 1; }
};

template <class Kept>
verdict each_zero_is_told() {
  verdict v;
  Kept it;
  for (int lives = 1; lives <= 3; ++lives) {
    auto first = it.life();
    {
      const auto second = first;
    }
    v.require(it.told() == lives - 1, "told while it is in use");
    first.put();
    v.require(it.told() == lives, "silent at zero, in life " + std::to_string(lives));
  }
  return v;
}

TEST(rule_63, each_zero_is_told) {
  EXPECT_HELD(each_zero_is_told<by_kref>());
  EXPECT_HELD(each_zero_is_told<by_kcref>());
}
TEST(rule_63, twin_that_keeps_itself_is_caught) {
  EXPECT_BROKEN(each_zero_is_told<keeps_itself>());
}
TEST(rule_63, twin_that_says_so_once_is_caught) {
  EXPECT_BROKEN(each_zero_is_told<says_so_once>());
}

}  // namespace
