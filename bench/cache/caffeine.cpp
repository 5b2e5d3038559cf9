// caffeine.cpp - Caffeine takes its turns as everybody does: a thread of ours tells one of its
// threads how many operations are to be done, and sleeps until they are.
//
// What that costs, some ten microseconds a turn, is in its figures: less than 0.5 % of a turn.
// It is there twice: as its users have it, maintenance running beside, in the common pool; and with
// maintenance in who asks, which hits more often where the pool is late.

#include <atomic>

#include "contender.hpp"
#include "java.hpp"

namespace bench {
namespace {

struct in_java {
  struct object {
    object(const any_table& in, some_tally in_all)
        : caffeine(std::static_pointer_cast<java>(in)), all(std::move(in_all)) {}
    std::shared_ptr<java> caffeine;
    some_tally all;
    std::atomic<unsigned> hands{0};
  };
  struct hand {
    explicit hand(object& of)
        : caffeine(*of.caffeine),
          all(*of.all),
          self(of.hands.fetch_add(1, std::memory_order_relaxed)) {}
    void once() { several(1); }
    void several(std::uint64_t times) { all.add(times, caffeine.run(self, times)); }
    java& caffeine;
    tally& all;
    const unsigned self;
  };
};

std::vector<std::uint64_t> ids(std::uint64_t count) {
  std::vector<std::uint64_t> out;
  for (std::uint64_t i = 0; i < count; ++i) out.push_back(id_of(i));
  return out;
}

std::vector<std::uint64_t> part_of(const keys& all, std::size_t from, std::size_t count) {
  std::vector<std::uint64_t> out;
  for (std::size_t i = 0; i < count; ++i) out.push_back(all.finds[(from + i) % all.finds.size()]);
  return out;
}

// Each of its threads has what a thread of ours would have, as much as it can need.
template <bool beside>
any_table make(const cache_contender&, const workload& under) {
  const bool all = under.capacity == 0;
  const std::uint64_t objects = under.wanted->objects;
  const std::size_t finds = under.wanted->finds.size();
  errand on = {
      .entered = ids(all ? objects : under.held),
      .settling = part_of(*under.wanted, settling_from(finds), all ? finds : settling(finds)),
      .wanted = {},
      .capacity = all ? room(objects).with_slack() : under.capacity,
      .held = under.held,
      .beside = beside};
  for (unsigned i = 0; i < under.threads_max; ++i) {
    on.wanted.push_back(part_of(*under.wanted, first_place(i, finds), finds_for(objects)));
  }
  return std::make_shared<java>(on);
}

// Where most are held, only the one that is maintained beside: run by who asks, version 2.6.2 looks
// for somebody to evict without an end (BoundedLocalCache.evictFromEden).
template <bool beside>
std::vector<subject> rows(const cache_contender& of, const any_table& in, const workload& under,
                          const some_tally& all) {
  if (!beside && under.held != 0) return {};
  subject out = describe<in_java>(of.table.name, of.table.who, true, in, all);
  out.run = [](void* hand, std::uint64_t times) {
    static_cast<padded<in_java::hand>*>(hand)->value.several(times);
  };
  return {out};
}

template <bool beside>
double bytes_for_entry(const cache_contender&, std::uint64_t entries) {
  return java({.entered = ids(entries),
               .settling = {},
               .wanted = {{}},
               .capacity = room(entries).with_slack(),
               .held = 0,
               .beside = beside})
      .bytes_for_entry();
}

template <bool beside>
cache_contender enter_caffeine(std::string name) {
  cache_contender out{.table = {},
                      .in_growth = false,
                      .own_bytes = sizeof(stored),
                      .make = &make<beside>,
                      .rows = &rows<beside>,
                      .time_each = nullptr,
                      .bytes_for_entry = &bytes_for_entry<beside>};
  out.table.name = std::move(name);
  out.table.who = role::peer;
  out.table.prepare = &java::note_processors;
  return out;
}

}  // namespace

cache_contender caffeine() { return enter_caffeine<true>("Caffeine"); }
cache_contender caffeine_in_caller() {
  return enter_caffeine<false>("Caffeine, maintained by who asks");
}

}  // namespace bench
