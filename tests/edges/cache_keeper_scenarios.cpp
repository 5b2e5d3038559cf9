// cache_keeper_scenarios.cpp - the last put of an object that a cache keeps: against who finds it
// again, against a hand, against the end of the cache.
//
// The keeper is the real one. Its table has one place, and its lock is the table's.

#include <memory>
#include <mutex>
#include <utility>

#include <lastout/cache_keeper.hpp>

#include "edges/scenario.hpp"
#include "edges/small_memory.hpp"

namespace {

struct kept;

}  // namespace

template <>
struct lastout::slab_shape<kept> : scenario::small_memory<kept> {};

namespace {

using interleave::check;
using interleave::plain;
using lastout::eviction;
using lastout::external;
using lastout::hash_bits;
using scenario::world;

struct kept : lastout::cached<kept> {
  explicit kept(int& count) : released(count) {}
  void release() noexcept {
    ++released;
    delete this;
  }
  int& released;
};

/// What the keeper knows of a table.
class one_place {
 public:
  struct object_hash {
    hash_bits operator()(const kept& leaving) const noexcept {
      check(leaving.dead(), "only of the dead a hand reads the name: a holder may change it");
      return hash_bits(0);
    }
  };
  static hash_bits hash_of_object(const kept&) noexcept { return hash_bits(0); }

  void insert(kept& in) {
    const std::lock_guard held(lock_);
    there_ = &in;
  }
  bool remove(const kept& leaving, hash_bits) {
    const std::lock_guard held(lock_);
    check(!gone_.read(), "nobody looks into a table that is gone");
    return there_ == &leaving && std::exchange(there_, nullptr) != nullptr;
  }
  template <class Function>
  void for_each(Function f) {
    external<kept> found;
    {
      const std::lock_guard held(lock_);
      if (there_ != nullptr && lastout::reference_access::get_unnoticed(*there_))
        found = external<kept>::adopt(there_);
    }
    if (found) f(std::move(found));
  }
  /// Nobody needs it any more.
  void go() { gone_ = true; }

 private:
  interleave::mutex lock_;
  kept* there_ = nullptr;
  plain<bool> gone_{false};
};

using keeper = lastout::cache_keeper<kept, one_place>;
constexpr std::uint64_t room = 100;  // who takes all of it stays in small: main has 99 of it

struct cache_of_one {
  cache_of_one() {
    lastout::slab_shape<kept>::fresh();
    it = lastout::make<kept>(released);
    address = it.address();
    in = new keeper(table, {.idle_charge_max = room, .on_evict = [this](kept&, eviction why) {
                              ++told;
                              reason = why;
                            }});
  }
  void insert(std::uint64_t charge) {
    check(in->claim(*address, charge), "it is in no other one");
    table.insert(*address);
    check(in->enter(*address, hash_bits(0)), "it is let in");
  }
  /// As a look-up does that has the address: its memory stays.
  void find() {
    if (lastout::reference_access::get_not_zero(*address)) external<kept>::adopt(address).put();
  }
  void close() {
    std::exchange(in, nullptr)->close();
    table.go();
  }

  int released = 0;
  int told = 0;
  eviction reason{};
  one_place table;
  external<kept> it;
  kept* address;
  keeper* in;
};

constexpr std::uint64_t too_large = room + 1;  // to be kept: it leaves with its last holder

// A put that found itself the last one is overtaken: who has found the object meanwhile ends it.
const scenario::added found_again("cache", "cache: last put of one that leaves against a look-up",
                                  [](world& w) {
                                    auto c = std::make_shared<cache_of_one>();
                                    c->insert(too_large);
                                    w.thread([c] { c->it.put(); });
                                    w.thread([c] { c->find(); });
                                    w.finally([c] {
                                      check(c->released == 1, "released once");
                                      check(c->told == 1, "and told of");
                                      c->close();
                                    });
                                  });

// One holder puts the object in, the other one's put is the last: it knows of the cache.
const scenario::added put_in("cache", "cache: insert -> last put", [](world& w) {
  auto c = std::make_shared<cache_of_one>();
  auto other = std::make_shared<external<kept>>(c->it);
  w.thread([c] {
    c->insert(too_large);
    c->it.put();
  });
  w.thread([other] { other->put(); });
  w.finally([c] {
    check(c->released == 1, "released once");
    check(c->told == 1, "the cache is told, whoever is last");
    c->close();
  });
});

// A hand ends the life of an idle object, unless somebody has come for it.
const scenario::added hand("cache", "cache: a hand against a look-up", [](world& w) {
  auto c = std::make_shared<cache_of_one>();
  c->insert(room);
  c->it.put();
  w.thread([c] {
    const std::uint64_t freed = c->in->shrink(room);
    check(freed == (c->told == 1 ? room : 0), "what is freed is told of");
  });
  w.thread([c] { c->find(); });
  w.finally([c] {
    c->close();
    check(c->released == 1, "released once");
  });
});

// The use of a parked one ends while the cache goes. Its holder is the last one out, or the cache is:
// whoever it is, it leaves because of that, and the table stays until it has.
const scenario::added closing(
    "cache", "cache: the end of a use against the end of the cache",
    [](world& w) {
      auto c = std::make_shared<cache_of_one>();
      c->insert(room);
      check(c->in->shrink(room) == 0, "in use: parked");
      w.thread([c] { c->it.put(); });
      w.thread([c] { c->close(); });
      w.finally([c] {
        check(c->released == 1, "released once");
        check(c->told == 0 || c->reason == eviction::closed, "for no other reason");
        check(c->told <= 1, "told once");
      });
    },
    scenario::two_changes);

}  // namespace
