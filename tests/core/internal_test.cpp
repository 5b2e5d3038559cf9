// internal_test.cpp - an internal reference keeps nothing alive, and becomes external only with
// proof.

#include <mutex>
#include <shared_mutex>
#include <type_traits>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <lastout/internal.hpp>
#include <lastout/kcref.hpp>
#include <lastout/kref.hpp>

#include "core/violations_seen.hpp"

namespace {

using lastout::external;
using lastout::internal;
using lastout::make;

std::mutex files_lock;

struct file : lastout::kref<file> {
  explicit file(int number = 0) : id(number) {
    const std::lock_guard guard(files_lock);
    open_files.emplace_back(*this, files_lock);
  }
  void release() noexcept {
    {
      const std::lock_guard guard(files_lock);
      std::erase_if(open_files,
                    [this](const internal<file>& each) { return each.refers_to(*this); });
    }
    delete this;
  }
  const int id;
  static inline std::vector<internal<file>> open_files;
};

class internal_test : public testing::Test {
 protected:
  violations_seen seen;
  ~internal_test() override { EXPECT_TRUE(file::open_files.empty()); }
};

TEST_F(internal_test, a_list_of_internal_references_keeps_nothing_alive) {
  external<file> f = make<file>();
  EXPECT_EQ(f->references(), 1u);
  EXPECT_EQ(file::open_files.size(), 1u);
  f.put();
  EXPECT_TRUE(file::open_files.empty());
}

TEST_F(internal_test, get_not_zero_makes_an_external_reference) {
  const external<file> f = make<file>(4);
  external<file> found;
  {
    const std::unique_lock lock(files_lock);
    found = file::open_files.front().get_not_zero(lock);
  }
  ASSERT_TRUE(found);
  EXPECT_EQ(found->id, 4);
  EXPECT_EQ(f->references(), 2u);
}

struct widget : lastout::kref<widget> {};

TEST_F(internal_test, get_not_zero_fails_before_birth_and_once_dead) {
  widget w;  // never born
  const internal<widget> in(w, files_lock);
  const std::unique_lock lock(files_lock);
  EXPECT_FALSE(in.get_not_zero(lock));
}

// The window between the last put and the unlinking: the object is still on the list.
struct lingering : lastout::kref<lingering> {
  static inline internal<lingering>* listed = nullptr;
  static inline bool found_while_dying = true;
  void release() noexcept {
    {
      const std::unique_lock lock(files_lock);
      found_while_dying = static_cast<bool>(listed->get_not_zero(lock));
    }
    delete this;
  }
};

TEST_F(internal_test, get_not_zero_fails_once_release_has_begun) {
  external<lingering> object = make<lingering>();
  internal<lingering> in(*object, files_lock);
  lingering::listed = &in;
  object.put();
  EXPECT_FALSE(lingering::found_while_dying);
}

TEST_F(internal_test, an_empty_internal_reference_becomes_an_empty_external_one) {
  const internal<widget> nothing;
  const std::unique_lock lock(files_lock);
  EXPECT_FALSE(nothing);
  EXPECT_FALSE(nothing.get_not_zero(lock));
}

TEST_F(internal_test, references_to_one_object_are_equal) {
  const external<widget> a = make<widget>();
  const external<widget> b = make<widget>();
  EXPECT_EQ(internal<widget>(*a, files_lock), internal<widget>(*a, files_lock));
  EXPECT_NE(internal<widget>(*a, files_lock), internal<widget>(*b, files_lock));
  EXPECT_TRUE(internal<widget>(*a, files_lock).refers_to(*a));
  EXPECT_FALSE(internal<widget>(*a, files_lock).refers_to(*b));
}

TEST_F(internal_test, a_shared_lock_is_proof_too) {
  std::shared_mutex guarding;
  const external<widget> w = make<widget>();
  const internal<widget, std::shared_mutex> in(*w, guarding);
  {
    const std::shared_lock readers(guarding);
    EXPECT_TRUE(in.get_not_zero(readers));
  }
  const std::unique_lock writer(guarding);
  EXPECT_TRUE(in.get_not_zero(writer));
}

TEST_F(internal_test, misuse_the_wrong_lock_is_reported_in_a_checked_build) {
  const external<widget> w = make<widget>();
  const internal<widget> in(*w, files_lock);
  std::mutex other;
  const std::unique_lock lock(other);
  EXPECT_EQ(static_cast<bool>(in.get_not_zero(lock)), !lastout::checked_build);
  EXPECT_EQ(seen.take(), lastout::checked_build ? "wrong_lock" : "");
  EXPECT_EQ(w->references(), 1u);
}

TEST_F(internal_test, misuse_a_lock_that_is_not_held_is_reported_in_a_checked_build) {
  const external<widget> w = make<widget>();
  const internal<widget> in(*w, files_lock);
  const std::unique_lock lock(files_lock, std::defer_lock);
  EXPECT_EQ(static_cast<bool>(in.get_not_zero(lock)), !lastout::checked_build);
  EXPECT_EQ(seen.take(), lastout::checked_build ? "lock_not_held" : "");
}

template <class Reference>
concept dereferences = requires(Reference r) { *r; } || requires(Reference r) { r.operator->(); };
template <class T, class Domain, class Proof>
concept promotes =
    requires(const internal<T, Domain>& in, const Proof& proof) { in.get_not_zero(proof); };
template <class T, class Proof>
concept resurrects = requires(const internal<T>& in, const Proof& proof) { in.resurrect(proof); };

static_assert(!dereferences<internal<widget>> && dereferences<external<widget>>);
static_assert(promotes<widget, std::mutex, std::unique_lock<std::mutex>>);
static_assert(!promotes<widget, std::mutex, std::lock_guard<std::mutex>>,
              "cannot say what it holds");
static_assert(!promotes<widget, std::mutex, std::scoped_lock<std::mutex>>);
static_assert(!promotes<widget, std::mutex, std::unique_lock<std::shared_mutex>>);
static_assert(!promotes<widget, std::mutex, std::mutex>, "a mutex is no guard");
static_assert(!promotes<widget, std::mutex, int>);
static_assert(!resurrects<widget, std::unique_lock<std::mutex>>, "a kref does not come back");

// ---- a guard of one's own ----

struct epoch_domain {
  int readers = 0;
};
class read_guard {
 public:
  explicit read_guard(epoch_domain& domain) : domain_(&domain) { ++domain_->readers; }
  read_guard(const read_guard&) = delete;
  read_guard& operator=(const read_guard&) = delete;
  ~read_guard() { leave(); }
  void leave() {
    if (domain_ != nullptr) --std::exchange(domain_, nullptr)->readers;
  }
  const epoch_domain* domain() const noexcept { return domain_; }

 private:
  epoch_domain* domain_;
};
struct forgetful_guard {};  // specialised below without held(): no proof

}  // namespace

template <>
struct lastout::proof_of<read_guard> {
  using domain_type = epoch_domain;
  static const epoch_domain* held(const read_guard& guard) noexcept { return guard.domain(); }
};
template <>
struct lastout::proof_of<forgetful_guard> {
  using domain_type = epoch_domain;
};

namespace {

static_assert(lastout::proves<read_guard, epoch_domain>);
static_assert(!lastout::proves<read_guard, std::mutex>);
static_assert(!lastout::proves<forgetful_guard, epoch_domain>);
static_assert(!lastout::proves<int, epoch_domain>);

TEST(proof_test, a_guard_of_ones_own_is_proof_for_its_domain) {
  violations_seen seen;
  epoch_domain epoch;
  const external<widget> w = make<widget>();
  const internal<widget, epoch_domain> in(*w, epoch);
  read_guard guard(epoch);
  EXPECT_TRUE(in.get_not_zero(guard));
  guard.leave();
  EXPECT_EQ(static_cast<bool>(in.get_not_zero(guard)), !lastout::checked_build);
  EXPECT_EQ(seen.take(), lastout::checked_build ? "lock_not_held" : "");
}

TEST(proof_test, misuse_a_guard_of_another_domain_is_reported_in_a_checked_build) {
  violations_seen seen;
  epoch_domain epoch;
  epoch_domain other;
  const external<widget> w = make<widget>();
  const internal<widget, epoch_domain> in(*w, epoch);
  const read_guard guard(other);
  EXPECT_EQ(static_cast<bool>(in.get_not_zero(guard)), !lastout::checked_build);
  EXPECT_EQ(seen.take(), lastout::checked_build ? "wrong_lock" : "");
}

}  // namespace
