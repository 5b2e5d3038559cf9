// waiting_test.cpp - who waits for a creator, or for room, when that ends badly: by an exception,
// without memory, or because its thread dies. Nobody waits for ever, and nothing is kept for the dead.

#include <pthread.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <exception>
#include <new>
#include <thread>
#include <utility>
#include <vector>

#include <lastout/cache.hpp>
#include <lastout/dual.hpp>
#include <lastout/kref.hpp>
#include <lastout/registry.hpp>

#include "faults/counted_objects.hpp"
#include "faults/failing_memory.hpp"
#include "ledger/children.hpp"

namespace {

using faults::named;
using lastout::external;
using lastout::make;
using namespace std::chrono_literals;

struct guest : lastout::cached<guest>, named {
  explicit guest(int n) : number(n) {}
  const int number;
};
using guests = lastout::cache<int, guest, &guest::number>;

struct live : lastout::kref<live>, lastout::in_slab<live>, named {
  explicit live(int n);
  void release() noexcept;
  const int number;
};
using lives = lastout::registry<int, live, &live::number>;
lives* listed = nullptr;
live::live(int n) : number(n) {}
void live::release() noexcept {
  listed->leave(*this);
  delete this;
}

/// Both structures, by one name.
struct in_registry {
  in_registry() { listed = &all; }
  using object = live;
  lives all;
};
struct in_cache {
  using object = guest;
  guests all{{.idle_charge_max = 1 << 20}};
};

template <class Where>
class waiting_test : public faults::faults_test {
 protected:
  // One thread creates, in its own way; others ask meanwhile.
  // Returns   how many of these got an object.
  template <class Creating>
  int ask_while(Creating creating, int others = 3) {
    std::atomic<bool> creates = false;
    std::atomic<bool> may_end = false;
    std::atomic<int> asking = 0;
    std::atomic<int> answered = 0;
    std::thread creator([&] { creating(creates, may_end); });
    while (!creates) std::this_thread::yield();
    std::vector<std::thread> askers;
    for (int i = 0; i < others; ++i) {
      askers.emplace_back([&] {
        ++asking;
        if (where_.all.get_or_create(7, [] { return external<typename Where::object>(); }))
          ++answered;
      });
    }
    while (asking != others) std::this_thread::yield();
    std::this_thread::sleep_for(20ms);  // now most of them wait
    may_end = true;
    creator.join();
    for (std::thread& each : askers) each.join();
    return answered;
  }
  static void wait_for(const std::atomic<bool>& that) {
    while (!that) std::this_thread::yield();
  }
  Where where_;
};
using places = testing::Types<in_registry, in_cache>;
TYPED_TEST_SUITE(waiting_test, places);

TYPED_TEST(waiting_test, what_a_creator_makes_reaches_those_who_wait) {
  using object = typename TypeParam::object;
  external<object> made;
  EXPECT_EQ(this->ask_while([&](std::atomic<bool>& creates, std::atomic<bool>& may_end) {
    made = this->where_.all.get_or_create(7, [&] {
      creates = true;
      this->wait_for(may_end);
      return make<object>(7);
    });
  }),
            3);
}

TYPED_TEST(waiting_test, that_a_creator_throws_reaches_those_who_wait) {
  using object = typename TypeParam::object;
  bool thrown = false;
  EXPECT_EQ(this->ask_while([&](std::atomic<bool>& creates, std::atomic<bool>& may_end) {
    try {
      (void)this->where_.all.get_or_create(7, [&]() -> external<object> {
        creates = true;
        this->wait_for(may_end);
        throw faults::refused_by_constructor();
      });
    } catch (const faults::refused_by_constructor&) {
      thrown = true;
    }
  }),
            0);
  EXPECT_TRUE(thrown);
  EXPECT_TRUE(this->where_.all.get_or_create(7, [] { return make<object>(7); }));
}

TYPED_TEST(waiting_test, that_a_creator_has_no_memory_reaches_those_who_wait) {
  using object = typename TypeParam::object;
  EXPECT_EQ(this->ask_while([&](std::atomic<bool>& creates, std::atomic<bool>& may_end) {
    EXPECT_THROW((void)this->where_.all.get_or_create(7,
                                                      [&] {
                                                        creates = true;
                                                        this->wait_for(may_end);
                                                        const faults::armed here(
                                                            1, faults::how_long::for_good);
                                                        return make<object>(7);
                                                      }),
                 std::bad_alloc);
  }),
            0);
  EXPECT_TRUE(this->where_.all.get_or_create(7, [] { return make<object>(7); }));
}

TYPED_TEST(waiting_test, who_has_no_memory_to_wait_gets_nothing_and_the_creator_does_not_notice) {
  using object = typename TypeParam::object;
  std::atomic<bool> creates = false;
  std::atomic<bool> may_end = false;
  external<object> made;
  std::thread creator([&] {
    made = this->where_.all.get_or_create(7, [&] {
      creates = true;
      this->wait_for(may_end);
      return make<object>(7);
    });
  });
  this->wait_for(creates);
  bool got = true;
  std::size_t refused = 0;
  {
    const faults::armed here(1, faults::how_long::for_good);
    got = static_cast<bool>(this->where_.all.get_or_create(7, [] { return external<object>(); }));
    refused = here.refused();
  }
  EXPECT_FALSE(got);
  EXPECT_GE(refused, 1u) << "the room to wait in";
  may_end = true;
  creator.join();
  EXPECT_TRUE(made);
  EXPECT_EQ(this->where_.all.get_or_create(7, [] { return external<object>(); }), made);
}

// A thread that dies: pthread_exit and cancellation unwind its stack.

TYPED_TEST(waiting_test, a_creator_whose_thread_exits_is_as_one_that_throws) {
  using object = typename TypeParam::object;
  EXPECT_EQ(this->ask_while([&](std::atomic<bool>& creates, std::atomic<bool>& may_end) {
    (void)this->where_.all.get_or_create(7, [&]() -> external<object> {
      creates = true;
      this->wait_for(may_end);
      pthread_exit(nullptr);
    });
    ADD_FAILURE() << "not reached";
  }),
            0);
  EXPECT_TRUE(this->where_.all.get_or_create(7, [] { return make<object>(7); }));
}

template <class Body>
void cancel_while(Body body) {
  struct arguments {
    Body& body;
    std::atomic<bool> begun = false;
  } with{body};
  pthread_t thread;
  ASSERT_EQ(pthread_create(
                &thread, nullptr,
                [](void* of) -> void* {
                  auto& its = *static_cast<arguments*>(of);
                  its.body(its.begun);
                  return nullptr;
                },
                &with),
            0);
  while (!with.begun) std::this_thread::yield();
  std::this_thread::sleep_for(20ms);
  ASSERT_EQ(pthread_cancel(thread), 0);
  void* how = nullptr;
  ASSERT_EQ(pthread_join(thread, &how), 0);
  EXPECT_EQ(how, PTHREAD_CANCELED);
}

TYPED_TEST(waiting_test, a_creator_that_is_cancelled_is_as_one_that_throws) {
  using object = typename TypeParam::object;
  cancel_while([&](std::atomic<bool>& begun) {
    external<object> held = make<object>(1);
    (void)this->where_.all.get_or_create(7, [&]() -> external<object> {
      begun = true;
      for (;;) pause();
    });
  });
  EXPECT_EQ(named::alive, 0) << "what the thread held was put as its stack was left";
  EXPECT_TRUE(this->where_.all.get_or_create(7, [] { return make<object>(7); }));
}

TYPED_TEST(waiting_test, one_who_waits_can_be_cancelled_and_the_others_get_what_is_made) {
  using object = typename TypeParam::object;
  external<object> made;
  EXPECT_EQ(this->ask_while([&](std::atomic<bool>& creates, std::atomic<bool>& may_end) {
    made = this->where_.all.get_or_create(7, [&] {
      creates = true;
      cancel_while([&](std::atomic<bool>& begun) {
        begun = true;
        (void)this->where_.all.get_or_create(7, [] { return external<object>(); });
        for (;;) pause();
      });
      this->wait_for(may_end);
      return make<object>(7);
    });
  }),
            3);
  EXPECT_EQ(made->references(), 1u) << "nothing is kept for the dead";
}

TEST(thread_death_test, one_who_waits_for_room_can_be_cancelled_and_the_newcomer_is_nowhere) {
  named::alive = 0;
  {
    guests all({.idle_charge_max = sizeof(guest),
                .pinned_charge_max = 0,
                .charge_max = sizeof(guest),
                .when_full = lastout::at_limit::wait,
                .wait_max = 1h});
    external<guest> in_use = all.insert(make<guest>(1));
    external<guest> newcomer = make<guest>(2);
    cancel_while([&](std::atomic<bool>& begun) {
      begun = true;
      (void)all.insert(newcomer);
    });
    EXPECT_FALSE(all.get(2));
    EXPECT_EQ(newcomer->references(), 1u) << "nothing is kept for the dead";
    in_use.put();
    EXPECT_EQ(all.insert(newcomer), newcomer) << "there is room again, and it is nobody's";
  }
  EXPECT_EQ(named::alive, 0);
}

// A thread that ends and forgets what it had: what is not put stays.

TEST(thread_death_test, what_a_thread_leaked_stays_until_somebody_adopts_it) {
  named::alive = 0;
  in_registry where;
  live* left = nullptr;
  std::thread([&] { left = where.all.insert(make<live>(1)).leak(); }).join();
  EXPECT_EQ(named::alive, 1);
  EXPECT_TRUE(where.all.find(1));
  external<live>::adopt(left).put();
  EXPECT_EQ(named::alive, 0);
  EXPECT_EQ(where.all.size(), 0u);
}

TEST(thread_death_test, what_thread_locals_hold_is_put_when_the_thread_ends) {
  named::alive = 0;
  in_registry where;
  guests all({.idle_charge_max = 1 << 20});
  std::thread([&] {
    thread_local std::vector<external<live>> lives_of_thread;
    thread_local std::vector<external<guest>> guests_of_thread;
    for (int i = 0; i < 100; ++i) {
      lives_of_thread.push_back(where.all.insert(make<live>(i)));
      guests_of_thread.push_back(all.insert(make<guest>(i)));
    }
  }).join();
  EXPECT_EQ(where.all.size(), 0u);
  EXPECT_EQ(all.size(), 100u);
  EXPECT_EQ(all.statistics().pinned_entries, 0u);
  all.shrink(lastout::no_limit);
  EXPECT_EQ(named::alive, 0);
}

// Where nothing may be thrown, a cancellation ends the program: it does not go on half done.

struct slow : lastout::dual<slow> {};

TEST(thread_death_test, cancelled_in_a_drain_the_program_ends) {
  EXPECT_EQ(in_a_child([] {
              std::set_terminate([] { _exit(42); });
              const auto held = lastout::make_active<slow>();
              held->close();
              pthread_t thread;
              pthread_create(
                  &thread, nullptr,
                  [](void* of) -> void* {
                    static_cast<slow*>(of)->drain(std::chrono::steady_clock::now() + 1h);
                    return nullptr;
                  },
                  held.address());
              std::this_thread::sleep_for(20ms);
              pthread_cancel(thread);
              pthread_join(thread, nullptr);
              return 1;
            }),
            "said 42");
}

// Twin: a creation that is not taken back when its creator throws. Who asks waits for nobody.

class forgetful_creations {
 public:
  template <class Create>
  bool run(Create create, std::chrono::milliseconds patience) {
    const auto deadline = std::chrono::steady_clock::now() + patience;
    while (under_way_.exchange(true)) {
      if (std::chrono::steady_clock::now() > deadline) return false;
      std::this_thread::yield();
    }
    create();  // throws: under_way_ stays
    under_way_ = false;
    return true;
  }

 private:
  std::atomic<bool> under_way_ = false;
};

TEST(thread_death_test, twin_that_forgets_its_creation_keeps_the_next_one_waiting) {
  forgetful_creations twin;
  std::thread([&] { twin.run([] { pthread_exit(nullptr); }, 1ms); }).join();
  EXPECT_FALSE(twin.run([] {}, 100ms));
}

}  // namespace
