// sizes_test.cpp - what the styles and the handles cost in memory.

#include <cstdint>
#include <mutex>
#include <tuple>
#include <type_traits>

#include <gtest/gtest.h>

#include <lastout/internal.hpp>
#include <lastout/kcref.hpp>
#include <lastout/killed.hpp>
#include <lastout/kref.hpp>
#include <lastout/locked_word.hpp>
#include <lastout/release.hpp>

namespace {

using lastout::external;
using lastout::internal;

struct bare {
  int value;
};
struct with_kref : lastout::kref<with_kref> {
  int value;
};
struct with_locked_word : lastout::kref<with_locked_word, lastout::locked_word> {
  int value;
};
struct with_kcref : lastout::kcref<with_kcref, std::mutex, std::mutex> {
  std::tuple<std::mutex&, std::mutex&> locks() noexcept;
  static lastout::fate idle(const idle_proof&) noexcept { return lastout::fate::keep; }
  int value;
};
struct without_lock : lastout::kcref<without_lock> {
  static lastout::fate idle(const idle_proof&) noexcept { return lastout::fate::keep; }
  int value;
};

TEST(sizes_test, a_count_adds_four_bytes_and_no_vtable) {
  static_assert(sizeof(with_kref) == sizeof(bare) + 4 && sizeof(with_kref) == 8);
  static_assert(sizeof(with_locked_word) == 8);
  static_assert(sizeof(with_kcref) == 8);
  static_assert(sizeof(without_lock) == 8);
  static_assert(!std::is_polymorphic_v<with_kref> && !std::is_polymorphic_v<with_kcref>);
  static_assert(alignof(with_kref) == alignof(int));
  SUCCEED();
}

TEST(sizes_test, a_handle_is_one_pointer) {
  static_assert(sizeof(external<with_kref>) == sizeof(void*));
  static_assert(sizeof(lastout::killed<without_lock>) == sizeof(void*));
  static_assert(lastout::checked_build || sizeof(internal<with_kref>) == sizeof(void*));
  static_assert(lastout::checked_build == (sizeof(internal<with_kref>) != sizeof(void*)),
                "a checked build also remembers the lock");
  SUCCEED();
}

TEST(sizes_test, no_word_needs_a_lock_of_the_compilers) {
  static_assert(lastout::atomic<std::uint32_t>::is_always_lock_free);
  static_assert(lastout::atomic<std::uint64_t>::is_always_lock_free);
  static_assert(lastout::atomic<void*>::is_always_lock_free);
  SUCCEED();
}

TEST(sizes_test, everything_that_stands_in_static_storage_is_a_constant) {
  static constinit lastout::refcount word;
  static constinit external<with_kref> nothing;
  static constinit internal<with_kref> nowhere;
  static constinit lastout::release_list list;
  EXPECT_TRUE(word.dead());
  EXPECT_FALSE(nothing);
  EXPECT_FALSE(nowhere);
  list.run(nullptr, [](void*) noexcept {});
}

}  // namespace
