// urcu_lfht.cpp - liburcu's cds_lfht, read under RCU (the memb flavour), to objects with a
// urcu_ref; freed by call_rcu. The table has a reference of its own, which erase puts.

#define _LGPL_SOURCE  // the read side inlined: what its fastest users do
#include <urcu.h>
#include <urcu/rculfhash.h>
#include <urcu/ref.h>

#include <bit>
#include <cstddef>

#include "../table/thing.hpp"
#include "contenders.hpp"

namespace bench {
namespace {

struct urcu_thing {
  explicit urcu_thing(std::uint64_t id) noexcept : what(id) {
    urcu_ref_init(&count);
    cds_lfht_node_init(&node);
  }
  cds_lfht_node node;
  urcu_ref count;
  thing what;
  rcu_head freed;
};

// The object that a member, so many bytes behind its beginning, is in.
template <class Member>
urcu_thing* owner(Member* member, std::size_t offset) noexcept {
  return reinterpret_cast<urcu_thing*>(reinterpret_cast<char*>(member) - offset);
}

class lfht {
 public:
  explicit lfht(std::size_t expected)
      : table_(cds_lfht_new(std::bit_ceil(expected + 1), 1, 0,
                            CDS_LFHT_AUTO_RESIZE | CDS_LFHT_ACCOUNTING, nullptr)) {
    if (table_ == nullptr) std::abort();
  }
  lfht(const lfht&) = delete;
  lfht& operator=(const lfht&) = delete;
  ~lfht() {
    rcu_barrier();
    rcu_read_lock();
    cds_lfht_iter at;
    for (cds_lfht_first(table_, &at); cds_lfht_node* node = cds_lfht_iter_get_node(&at);
         cds_lfht_next(table_, &at)) {
      if (cds_lfht_del(table_, node) == 0) urcu_ref_put(&of(node)->count, &release);
    }
    rcu_read_unlock();
    rcu_barrier();
    cds_lfht_destroy(table_, nullptr);
  }

  static void join() {
    struct registration {
      registration() { rcu_register_thread(); }
      ~registration() { rcu_unregister_thread(); }
    };
    static thread_local const registration mine;
    static_cast<void>(mine);
  }

  // The helper threads take over the processors that their creator may use: all of them.
  static void prepare() {
    join();
    get_default_call_rcu_data();
    cds_lfht_destroy(cds_lfht_new(1, 1, 0, CDS_LFHT_AUTO_RESIZE, nullptr), nullptr);
  }

  bool look_up(std::uint64_t id) {
    rcu_read_lock();
    urcu_thing* const found = find(id);
    const bool got = found != nullptr && urcu_ref_get_unless_zero(&found->count);
    rcu_read_unlock();
    if (!got) return false;
    use_as(found->what, id);
    urcu_ref_put(&found->count, &release);
    return true;
  }

  void insert(std::uint64_t id) {
    auto* const made = new urcu_thing(id);
    rcu_read_lock();
    const bool first = cds_lfht_add_unique(table_, id, &matches, &id, &made->node) == &made->node;
    rcu_read_unlock();
    if (!first) delete made;
  }

  void erase(std::uint64_t id) {
    rcu_read_lock();
    urcu_thing* const found = find(id);
    const bool mine = found != nullptr && cds_lfht_del(table_, &found->node) == 0;
    rcu_read_unlock();
    if (mine) urcu_ref_put(&found->count, &release);
  }

 private:
  static urcu_thing* of(cds_lfht_node* node) noexcept {
    return owner(node, offsetof(urcu_thing, node));
  }

  static int matches(cds_lfht_node* node, const void* id) {
    return of(node)->what.id == *static_cast<const std::uint64_t*>(id);
  }

  urcu_thing* find(std::uint64_t id) noexcept {
    cds_lfht_iter at;
    cds_lfht_lookup(table_, id, &matches, &id, &at);
    cds_lfht_node* const node = cds_lfht_iter_get_node(&at);
    return node == nullptr ? nullptr : of(node);
  }

  static void release(urcu_ref* count) {
    call_rcu(&owner(count, offsetof(urcu_thing, count))->freed,
             [](rcu_head* head) { delete owner(head, offsetof(urcu_thing, freed)); });
  }

  cds_lfht* table_;
};

}  // namespace

contender urcu_lfht() { return enter<lfht>("liburcu cds_lfht + urcu_ref", role::peer); }

}  // namespace bench
