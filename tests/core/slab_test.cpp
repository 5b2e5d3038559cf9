// slab_test.cpp - slot and generation name one object, and memory is used again.

#include <cstddef>
#include <cstdint>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <type_traits>
#include <vector>

#include <gtest/gtest.h>

#include <lastout/dual.hpp>
#include <lastout/kref.hpp>
#include <lastout/in_slab.hpp>

extern "C" char edata;  // the linker's: what the program's file brings along ends here

namespace {

struct looked_at;
const char* shared_at = nullptr;  // what all threads share of its slab
std::size_t shared_bytes = 0;

}  // namespace

template <>
struct lastout::slab_shape<looked_at> : lastout::slab_shape<void> {
  template <class Common>
  static Common& common() noexcept {
    static constinit Common only;
    shared_at = reinterpret_cast<const char*>(&only);
    shared_bytes = sizeof only;
    return only;
  }
};

namespace {

using lastout::external;
using lastout::in_slab;
using lastout::internal;
using lastout::kref;
using lastout::make;
using lastout::slab;

struct node : kref<node>, in_slab<node> {
  explicit node(int n = 0) : number(n) {}
  int number;
};

TEST(slab_test, an_object_is_made_and_found_by_slot_and_generation) {
  external<node> n = make<node>(7);
  const internal<node, slab<node>> mark(*n);
  EXPECT_TRUE(mark.refers_to(*n));
  const external<node> again = mark.get_not_zero();
  ASSERT_EQ(again, n);
  EXPECT_EQ(again->references(), 2u);
}

TEST(slab_test, a_stale_reference_is_refused_though_another_object_stands_there) {
  external<node> n = make<node>(1);
  const node* const place = n.address();
  const internal<node, slab<node>> mark(*n);
  n.put();
  EXPECT_FALSE(mark.get_not_zero());
  const external<node> other = make<node>(2);
  ASSERT_EQ(other.address(), place) << "a thread's last slot is its next one";
  EXPECT_FALSE(mark.get_not_zero());
  EXPECT_FALSE(mark.refers_to(*other));
  EXPECT_EQ(other->references(), 1u);
}

TEST(slab_test, the_empty_reference_and_any_number_are_refused) {
  const external<node> n = make<node>(1);
  using mark = internal<node, slab<node>>;
  EXPECT_FALSE(mark());
  EXPECT_FALSE(mark().get_not_zero());
  EXPECT_EQ(mark().number(), 0u);
  for (const std::uint64_t number : std::initializer_list<std::uint64_t>{
           ~std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{1} << 32, 0xffffffff00000000,
           0x00000001ffffffff, std::uint64_t{1} << 32 | 29'000, std::uint64_t{1} << 32 | 30'000}) {
    if (number == mark(*n).number()) continue;
    EXPECT_FALSE(mark::from_number(number).get_not_zero()) << number;
  }
  EXPECT_EQ(mark::from_number(mark(*n).number()).get_not_zero(), n);
}

static_assert(sizeof(internal<node, slab<node>>) == 8);
static_assert(sizeof(node) == 8, "in_slab adds nothing");

struct service : lastout::dual<service>, in_slab<service> {};
TEST(slab_test, a_dual_is_found_in_use) {
  lastout::active<service> s = lastout::make_active<service>();
  const internal<service, slab<service>> mark(*s);
  lastout::active<service> again = mark.get_not_zero();
  EXPECT_TRUE(again);
  again.put();
  s.put();
  EXPECT_FALSE(mark.get_not_zero());
}

struct picky : kref<picky>, in_slab<picky> {
  explicit picky(bool refuse) {
    if (refuse) throw std::runtime_error("refused");
  }
};
TEST(slab_test, a_constructor_that_throws_gives_its_slot_back) {
  const external<picky> first = make<picky>(false);
  const std::size_t before = slab<picky>::use().slots;
  for (int i = 0; i < 1000; ++i) EXPECT_THROW((void)make<picky>(true), std::runtime_error);
  EXPECT_EQ(slab<picky>::use().slots, before);
}

// What is derived does not fit, and is not squeezed in.
struct base : kref<base>, in_slab<base> {
  virtual ~base() = default;
};
struct larger : base {
  long more[8] = {};
};
TEST(slab_test, an_object_of_a_derived_class_is_not_made) {
  EXPECT_TRUE(make<base>());
  EXPECT_FALSE(make<larger>());
}

struct small : kref<small>, in_slab<small> {};
struct large : kref<large>, in_slab<large> {
  char bytes[60] = {};
};
struct aligned : kref<aligned>, in_slab<aligned> {
  alignas(256) char bytes[1] = {};
};
static_assert(slab<small>::slot_bytes == 4 && slab<large>::slot_bytes == 64);
static_assert(slab<aligned>::slot_bytes == 512);
static_assert(slab<large>::overhead_bytes == 8);

template <class T>
std::vector<external<T>> make_many(std::size_t n) {
  std::vector<external<T>> out;
  for (std::size_t i = 0; i < n; ++i) out.push_back(make<T>());
  return out;
}

TEST(slab_test, no_two_objects_stand_in_one_place_and_each_is_aligned) {
  std::set<const aligned*> places;
  for (const external<aligned>& each : make_many<aligned>(1)) EXPECT_TRUE(each);
  const std::vector<external<aligned>> all = make_many<aligned>(10'000);
  for (const external<aligned>& each : all) {
    ASSERT_EQ(reinterpret_cast<std::uintptr_t>(each.address()) % alignof(aligned), 0u);
    ASSERT_TRUE(places.insert(each.address()).second);
  }
}

struct measured : kref<measured>, in_slab<measured> {
  char bytes[60] = {};
};
TEST(slab_test, memory_for_each_object_is_what_is_documented) {
  constexpr std::size_t n = 1'000'000;
  const std::vector<external<measured>> all = make_many<measured>(n);
  const std::size_t bytes = slab<measured>::use().bytes;
  const std::size_t documented = slab<measured>::slot_bytes + slab<measured>::overhead_bytes;
  EXPECT_LE(bytes, n * documented + n / 100 + 2 * slab<measured>::chunk_bytes);
}

struct returned : kref<returned>, in_slab<returned> {
  char bytes[1000] = {};
};
TEST(slab_test, trim_hands_empty_chunks_back_after_the_wait_and_stale_marks_stay_refused) {
  std::vector<internal<returned, slab<returned>>> marks;
  bool waited = false;
  std::thread([&] {
    const std::vector<external<returned>> all = make_many<returned>(10'000);
    for (const external<returned>& each : all) marks.emplace_back(*each);
    EXPECT_EQ(slab<returned>::trim([&] { waited = true; }), 0u) << "all are in use";
    EXPECT_FALSE(waited);
  }).join();  // the ended thread's own list is given back
  EXPECT_GT(slab<returned>::trim([&] { waited = true; }), 3 * slab<returned>::chunk_bytes);
  EXPECT_TRUE(waited);
  for (const auto& each : marks) {
    ASSERT_FALSE(each.get_not_zero());
    // Made up: of the object that would be born there next.
    const std::uint64_t next = each.number() + (std::uint64_t{1} << 32);
    ASSERT_FALSE((internal<returned, slab<returned>>::from_number(next).get_not_zero()));
  }
  const std::vector<external<returned>> again = make_many<returned>(10'000);
  for (const auto& each : marks) ASSERT_FALSE(each.get_not_zero());
  EXPECT_EQ(slab<returned>::trim([] {}), 0u);
}

struct handed_back : kref<handed_back>, in_slab<handed_back> {
  char bytes[1000] = {};
};
TEST(slab_test, what_trim_hands_back_is_whole_pages_on_every_machine) {
  std::thread([] { (void)make_many<handed_back>(7'000); }).join();
  const std::size_t bytes = slab<handed_back>::trim([] {});
  constexpr std::size_t largest_page = 65536;  // of arm64, ppc64le; a part of one is refused there
  EXPECT_GT(bytes, 0u);
  EXPECT_EQ(bytes % largest_page, 0u) << bytes;
}

struct passing : kref<passing>, in_slab<passing> {};
TEST(slab_test, threads_that_come_and_go_leave_no_slot_behind) {
  const auto life = [] { (void)make_many<passing>(100); };
  std::thread(life).join();
  const std::size_t before = slab<passing>::use().slots;
  for (int i = 0; i < 200; ++i) std::thread(life).join();
  EXPECT_EQ(slab<passing>::use().slots, before);
  EXPECT_EQ(slab<passing>::use().free, before);
}

// One thread makes, another one frees: the slots come back through the common list.
struct sent : kref<sent>, in_slab<sent> {};
TEST(slab_test, slots_that_another_thread_frees_are_used_again) {
  for (int round = 0; round < 50; ++round) {
    std::vector<external<sent>> all = make_many<sent>(1000);
    std::thread([&] { all.clear(); }).join();
  }
  EXPECT_LE(slab<sent>::use().slots, 1200u);
}

struct looked_at : kref<looked_at>, in_slab<looked_at> {};
TEST(slab_test, what_all_threads_share_is_in_no_programs_file) {
  (void)slab<looked_at>::use();
  EXPECT_GE(shared_at, &edata) << "all zeros";
  EXPECT_TRUE(sizeof(void*) < 8 || shared_bytes >= 65'536 * sizeof(void*)) << "and large";
}

// An object that is freed while its thread ends, after the thread's own list has gone.
struct late : kref<late>, in_slab<late> {};
TEST(slab_test, an_object_freed_while_its_thread_ends_is_not_lost) {
  const auto life = [] {
    thread_local external<late> kept;  // destroyed after what is constructed below
    kept = make<late>();
  };
  std::thread(life).join();
  const std::size_t before = slab<late>::use().slots;
  for (int i = 0; i < 200; ++i) std::thread(life).join();
  EXPECT_EQ(slab<late>::use().slots, before);
  EXPECT_EQ(slab<late>::use().free, before);
}

}  // namespace
