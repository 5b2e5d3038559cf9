// cache.cpp - cache<Key, T> against what its header promises.
//
// Input: the first bytes make a cache (budgets, what happens when it is full, how bad the hash is,
// whether on_evict asks back); then operations. Whom an eviction takes is the cache's choice, so the
// model learns it from on_evict; that it may be taken, and all the rest, is compared: one object for
// each name, nobody in use evicted, charges and statistics that add up, nothing left at the end.

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <stdexcept>
#include <vector>

#include <lastout/cache.hpp>

#include "expect.hpp"
#include "input.hpp"
#include "told.hpp"

namespace {

using namespace lastout;
using fuzz::check;
using fuzz::note;
using fuzz::same;

constexpr unsigned names = 24;
constexpr unsigned slots = 10;

struct small_shape {
  static constexpr std::uint32_t slots = 8;
  static constexpr std::uint32_t segments_max = 16;
  static constexpr std::uint32_t grow_at = 5;
  static constexpr std::uint32_t shrink_at = 3;
};

unsigned hashes = 0;
struct chosen_hash {
  std::size_t operator()(unsigned name) const noexcept {
    return hashes == 0 ? name : name % hashes;
  }
};

class world {
  struct thing : cached<thing> {
    thing(unsigned of, std::uint64_t weight, world& in) : id(of), weighs(weight), here(in) {
      ++here.alive_;
    }
    ~thing() {
      --here.alive_;
      here.freed(*this);
    }
    [[nodiscard]] std::uint64_t charge() const noexcept { return weighs; }

    unsigned id;
    const std::uint64_t weighs;
    world& here;
  };
  using store = cache<unsigned, thing, &thing::id, chosen_hash, std::equal_to<>, small_shape>;

  // What the model knows of an object.
  struct about {
    int handles = 0;
    bool entered = false;            // it is the cache's, or was
    bool unwanted = false;           // kill_on_put() was said
    std::optional<eviction> leaves;  // with its last put, and why
  };

 public:
  explicit world(fuzz::input in) : in_(in) {
    static constexpr unsigned kinds[] = {0, 1, 8, 12};
    hashes = kinds[in_.below(4)];
    cache_options<thing> of;
    idle_max_ = of.idle_charge_max = in_.below(64);
    if (in_.flip()) of.pinned_charge_max = in_.below(32);
    if (in_.flip()) all_max_ = of.charge_max = in_.below(64);
    of.when_full = full_ = static_cast<at_limit>(in_.below(3));
    of.wait_max = std::chrono::nanoseconds(0);
    of.absent_max = absent_max_ = in_.below(3) * 3;
    const unsigned listens = in_.below(4);
    hears_ = listens != 0;
    asks_back_ = listens == 3;
    if (hears_) of.on_evict = [this](thing& gone, eviction why) { evicted(gone, why); };
    note("cache: hashes", hashes, "idle", idle_max_, "all", all_max_, "pinned",
         of.pinned_charge_max, "full", full_, "absent", absent_max_, "hears", hears_);
    store_ = std::make_unique<store>(std::move(of));
  }
  world(const world&) = delete;
  world& operator=(const world&) = delete;
  ~world() = default;

  void run() {
    while (in_.more()) {
      step();
      told_.compare();
      compare();
    }
    if (in_.flip()) drop_all();
    closing_ = true;
    store_.reset();
    drop_all();
    same(alive_, 0U, "every object was freed");
    told_.compare();
  }

 private:
  void drop_all() {
    for (external<thing>& each : held_) drop(each);
  }

  // A cache that tells nobody: that an object is freed says as much.
  void freed(thing& gone) {
    const auto at = about_.find(&gone);
    if (at == about_.end()) return;
    const bool evicts =
        at->second.entered && !hears_ && store_ != nullptr && at->second.handles == 0;
    if (!evicts) {
      about_.erase(at);
      return;
    }
    const auto known = known_.find(gone.id);
    const bool out = known == known_.end() || known->second != &gone;
    if (out) check(at->second.leaves.has_value(), "who was in is freed when evicted");
    evicted(gone, at->second.leaves.value_or(closing_     ? eviction::closed
                                             : shrinking_ ? eviction::shrunk
                                                          : eviction::capacity));
  }

  // The cache's word on who has left.
  void evicted(thing& gone, eviction why) {
    note("  on_evict", gone.id, name(why));
    about& of = about_.at(&gone);
    same(of.handles, 0, "nobody who is in use is evicted");
    check(of.entered, "only an entry leaves");
    const auto at = known_.find(gone.id);
    const bool there = at != known_.end() && at->second == &gone;
    if (of.leaves) {
      same(static_cast<int>(why), static_cast<int>(*of.leaves), "why it leaves");
    } else {
      check(there, "who is evicted was in");
      check(why == eviction::capacity || why == eviction::shrunk || why == eviction::closed,
            "evicted for room, or because it was asked");
      ++wanted_.evictions[static_cast<std::size_t>(why)];
    }
    if (why == eviction::shrunk) shrunk_ += gone.weighs;
    if (why == eviction::shrunk && asked_of_) check((*asked_of_)(gone), "only whom pred chose");
    if (there) known_.erase(at);
    about_.erase(&gone);
    if (asks_back_ && !closing_) {
      external<thing> other = store_->get(gone.id);
      check(other.address() != &gone, "who leaves is not found any more");
      if (why != eviction::replaced)  // then the other one is in, and we are about to be told
        same(other.address(), known(gone.id), "but who has its name");
      ++(other ? wanted_.hits : wanted_.misses);
    }
  }

  thing* known(unsigned id) {
    const auto at = known_.find(id);
    return at == known_.end() ? nullptr : at->second;
  }
  external<thing>& slot() { return held_[in_.below(slots)]; }
  void drop(external<thing>& old) {
    if (!old) return;
    const int left = --about_.at(old.address()).handles;
    note("  drops one of", old->id, "and leaves", left);
    old.put();
  }
  void keep(external<thing> got) {
    external<thing>& into = slot();
    if (got) ++about_[got.address()].handles;
    drop(into);
    into = std::move(got);
  }

  void leaves(about& of, eviction why) {
    if (of.leaves) return;
    of.leaves = why;
    ++wanted_.evictions[static_cast<std::size_t>(why)];
  }
  // Under its name no more; when nobody has it, gone by now.
  void is_out(thing* out, eviction why) {
    const auto at = known_.find(out->id);
    if (at != known_.end() && at->second == out) known_.erase(at);
    leaves(about_.at(out), why);
  }

  std::uint64_t weight() {
    static constexpr std::uint64_t some[] = {0, 1, 1, 2, 3, 5, 8, 70};
    return some[in_.below(8)];
  }
  external<thing> made(unsigned id) {
    external<thing> out = make<thing>(id, weight(), *this);
    about_[out.address()] = {};
    return out;
  }

  // `got` came of putting `fresh` in; false when it was another one, or none.
  void entered(thing& fresh, external<thing> got) {
    about& of = about_.at(&fresh);
    ++wanted_.inserts;
    of.entered = true;
    known_[fresh.id] = &fresh;
    noted_.erase(fresh.id);
    if (of.unwanted) {
      leaves(of, eviction::killed);
    } else if (fresh.weighs > std::min(idle_max_, all_max_)) {
      leaves(of, eviction::capacity);
    }
    keep(std::move(got));
  }
  void refused(unsigned id) {
    if (store_->statistics().refusals != wanted_.refusals) {
      noted_.erase(id);  // it was in the table; without room for its name it was not
      ++wanted_.refusals;
      check(full_ != at_limit::overshoot, "a cache that overshoots refuses nobody");
    } else {
      check(known_.size() >= small_shape::slots - 1, "no room for the name of one of a few");
    }
  }

  void insert(bool replaces) {
    const unsigned id = in_.below(names);
    external<thing> fresh;
    if (in_.once_in(4)) {
      fresh = slot();
    }
    if (!fresh) fresh = made(id);
    thing& what = *fresh;
    about& of = about_.at(&what);
    note(replaces ? "replace" : "insert", what.id, "of charge", what.weighs);
    // A handle of ours, so that the object outlives a refusal.
    external<thing> ours = fresh;
    ++of.handles;
    thing* const there = known(what.id);
    external<thing> got;
    if (of.entered) {
      told_.expect(violation::cached_twice);
      got = store_->insert(std::move(fresh));
      check(!got, "who was in a cache does not enter one again");
    } else if (replaces) {
      if (there != nullptr) is_out(there, eviction::replaced);
      got = store_->replace(std::move(fresh));
      if (got) {
        same(got.address(), &what, "replace() puts that one in");
        entered(what, std::move(got));
      } else {
        refused(what.id);
      }
    } else {
      got = store_->insert(std::move(fresh));
      if (there != nullptr) {
        same(got.address(), there, "who has the name stays");
        keep(std::move(got));
      } else if (got) {
        same(got.address(), &what, "insert() puts that one in");
        entered(what, std::move(got));
      } else {
        refused(what.id);
      }
    }
    drop(ours);
  }

  struct refusal : std::runtime_error {
    using std::runtime_error::runtime_error;
  };

  std::chrono::nanoseconds lifetime() {
    static constexpr std::chrono::nanoseconds some[] = {
        std::chrono::nanoseconds(0), std::chrono::nanoseconds(-5), std::chrono::hours(1),
        std::chrono::nanoseconds::max()};
    return some[in_.below(4)];
  }

  void get_or_create() {
    const unsigned id = in_.below(names);
    const unsigned how = in_.below(5);
    note("get_or_create", id, "how", how);
    const std::chrono::nanoseconds absent_for = how == 1 ? lifetime() : std::chrono::nanoseconds{};
    thing* const there = known(id);
    const bool believed = store_->absent(id);
    bool asked = false;
    bool threw = false;
    external<thing> ours;
    external<thing> got;
    try {
      got = store_->get_or_create(
          id,
          [&]() -> external<thing> {
            asked = true;
            if (how == 1) return {};
            if (how == 2) throw refusal("no");
            ours = made(id);
            ++about_[ours.address()].handles;
            return ours;
          },
          absent_for);
    } catch (const refusal&) {
      threw = true;
    }
    if (there != nullptr) {
      check(!asked, "nobody is asked to create what is there");
      ++wanted_.hits;
      same(got.address(), there, "who has the name is found");
      return keep(std::move(got));
    }
    ++wanted_.misses;
    if (believed) ++wanted_.absent_hits;
    same(asked, !believed, "create() is asked unless a negative entry says no");
    same(threw, asked && how == 2, "what create() throws comes out");
    if (!ours) {
      check(!got, "nothing was made");
      if (asked && how == 1 && absent_for.count() > 0 && absent_max_ != 0)
        noted_absent(id, absent_for);
      return;
    }
    if (got) {
      same(got.address(), ours.address(), "what was made is in");
      entered(*ours, std::move(got));
    } else {
      refused(id);
    }
    drop(ours);
  }

  void noted_absent(unsigned id, std::chrono::nanoseconds lifetime) {
    ++notes_;
    noted_.erase(id);
    if (lifetime > std::chrono::minutes(1)) noted_.insert(id);
  }
  void absence() {
    const unsigned id = in_.below(names);
    const std::chrono::nanoseconds until = lifetime();
    note("note_absent", id, until.count());
    const bool did = store_->note_absent(id, until);
    same(did, absent_max_ != 0 && known(id) == nullptr, "note_absent() says whether it is noted");
    if (absent_max_ != 0 && !did) ++notes_;
    if (absent_max_ != 0) noted_.erase(id);
    if (did) noted_absent(id, until);
  }
  void ask_absent() {
    const unsigned id = in_.below(names);
    note("absent", id);
    const bool is = store_->absent(id);
    const bool noted = noted_.contains(id);
    check(!is || noted, "absent() is what was noted, and not longer than it holds");
    if (noted && notes_ <= absent_max_) check(is, "what was noted is known while there is room");
  }

  void erase() {
    const unsigned id = in_.below(names);
    thing* there = known(id);
    const bool by_object = in_.flip();
    external<thing>& of = slot();
    noted_.erase(by_object ? names : id);
    if (by_object) {
      if (!of) return;
      note("erase that", of->id);
      there = of.address();
      const bool in = known(of->id) == there;
      if (in) is_out(there, eviction::erased);
      same(store_->erase(*of), in, "erase() says whether it was in");
      return;
    }
    note("erase", id);
    if (there != nullptr) is_out(there, eviction::erased);
    same(store_->erase(id), there != nullptr, "erase() says whether there was one");
  }

  void rename() {
    external<thing>& of = slot();
    if (!of) return;
    const unsigned to = in_.below(names);
    const bool throws = in_.once_in(8);
    note("rename", of->id, "to", to, throws ? "and throws" : "");
    thing* const it = of.address();
    const bool in = known(it->id) == it;
    bool answer = false;
    bool threw = false;
    if (in) known_.erase(it->id);
    try {
      answer = store_->rename(*of, [&] {
        check(in, "only who is in is renamed");
        if (throws) throw refusal("no");
        it->id = to;
      });
    } catch (const refusal&) {
      threw = true;
    }
    if (!in) return check(!answer, "who is not in is not renamed");
    same(threw, throws, "what change() throws comes out");
    if (threw) return leaves(about_.at(it), eviction::replaced);
    if (answer) {
      check(known(to) == nullptr, "no name is taken from somebody");
      known_[to] = it;
      noted_.erase(to);
      return;
    }
    check(known(to) != nullptr || known_.size() >= small_shape::slots - 1,
          "a free name is to be had");
    leaves(about_.at(it), eviction::replaced);
  }

  void shrink() {
    const std::uint64_t charge = in_.below(48);
    note("shrink", charge);
    shrunk_ = 0;
    shrinking_ = true;
    const std::uint64_t freed = store_->shrink(charge);
    shrinking_ = false;
    same(freed, shrunk_, "shrink() says what it freed");
    check(freed >= charge || idle().charge == 0, "it frees so much, or all there is");
  }
  void evict_if() {
    const unsigned part = 1 + in_.below(4);
    note("evict_if, one in", part);
    const std::function<bool(const thing&)> pred = [part](const thing& each) {
      return each.id % part == 0;
    };
    asked_of_ = &pred;
    shrunk_ = 0;
    shrinking_ = true;
    const std::uint64_t freed = store_->evict_if(pred);
    shrinking_ = false;
    asked_of_ = nullptr;
    same(freed, shrunk_, "evict_if() says what it freed");
    for (const auto& [id, object] : known_)
      check(about_.at(object).handles != 0 || !pred(*object), "all idle ones that pred chose go");
  }
  void set_budget() {
    cache_budget to{in_.below(64), no_limit, no_limit};
    if (in_.flip()) to.pinned = in_.below(32);
    if (in_.flip()) to.all = in_.below(64);
    note("set_budget", to.idle, to.pinned, to.all);
    // on_evict may come within: the new bounds are in force.
    shrunk_budget_ = shrunk_budget_ || to.all < all_max_;
    idle_max_ = to.idle;
    all_max_ = to.all;
    store_->set_budget(to);
  }

  struct sum {
    std::uint64_t entries = 0;
    std::uint64_t charge = 0;
  };
  sum idle() {
    sum out;
    for (const auto& [id, object] : known_) {
      if (about_.at(object).handles != 0) continue;
      ++out.entries;
      out.charge += object->weighs;
    }
    return out;
  }

  void get_many() {
    std::array<unsigned, 18> asked{};
    std::array<external<thing>, 18> out;
    const std::size_t n = 1 + in_.below(18);
    for (std::size_t i = 0; i < n; ++i) asked[i] = in_.below(names);
    store_->get_many(std::span<const unsigned>(asked).first(n), std::span(out).first(n));
    for (std::size_t i = 0; i < n; ++i) {
      same(out[i].address(), known(asked[i]), "get_many finds as get does");
      ++(out[i] ? wanted_.hits : wanted_.misses);
      if (out[i]) same(out[i]->id, asked[i], "and each has its name");
      if (out[i]) ++about_[out[i].address()].handles;
    }
    for (external<thing>& each : out) drop(each);
  }

  void step() {
    switch (in_.below(16)) {
      case 0:
      case 1: return insert(false);
      case 2: return insert(true);
      case 3:
      case 4: {
        const unsigned id = in_.below(names);
        note("get", id);
        external<thing> got = store_->get(id);
        same(got.address(), known(id), "get() finds who has the name");
        ++(got ? wanted_.hits : wanted_.misses);
        return keep(std::move(got));
      }
      case 5: note("put"); return drop(slot());
      case 6: return get_or_create();
      case 7: return erase();
      case 8: return rename();
      case 9: return absence();
      case 10: return ask_absent();
      case 11: return in_.flip() ? shrink() : evict_if();
      case 12: return set_budget();
      case 13: return get_many();
      case 14: {
        external<thing>& of = slot();
        if (!of) return;
        note("kill_on_put", of->id);
        about& its = about_.at(of.address());
        of.kill_on_put();
        its.unwanted = true;
        if (its.entered) leaves(its, eviction::killed);
        return;
      }
      default: {
        note("make");
        return keep(made(in_.below(names)));
      }
    }
  }

  void compare() {
    const cache_statistics is = store_->statistics();
    note("  hits", is.hits, "entries", is.idle_entries, "+", is.pinned_entries, "charge",
         is.idle_charge, "+", is.pinned_charge);
    same(is.hits, wanted_.hits, "hits");
    same(is.misses, wanted_.misses, "misses");
    same(is.absent_hits, wanted_.absent_hits, "absent_hits");
    same(is.inserts, wanted_.inserts, "inserts");
    same(is.refusals, wanted_.refusals, "refusals");
    check(is.absent_entries <= absent_max_, "negative entries within their bound");
    for (std::size_t i = 0; i < eviction_reasons; ++i)
      same(is.evictions[i], wanted_.evictions[i], name(static_cast<eviction>(i)));
    std::set<const thing*> met;
    store_->for_each([&](external<thing> each) {
      check(met.insert(each.address()).second, "for_each meets each once");
      same(known(each->id), each.address(), "one object has each name");
    });
    same(met.size(), known_.size(), "for_each meets all that are in");
    same(store_->size(), known_.size(), "size()");
    sum all;
    std::uint64_t leaving = 0;
    for (const auto& [id, object] : known_) {
      ++all.entries;
      all.charge += object->weighs;
      if (about_.at(object).leaves) leaving += object->weighs;
      check(met.contains(object), "who is in is met");
    }
    const sum unused = idle();
    same(is.idle_entries, unused.entries, "idle entries");
    same(is.idle_charge, unused.charge, "their charge");
    same(is.pinned_entries, all.entries - unused.entries, "entries in use");
    same(is.pinned_charge, all.charge - unused.charge, "their charge");
    check(unused.charge <= std::min(idle_max_, all_max_), "idle entries within the budget");
    if (full_ != at_limit::overshoot && !shrunk_budget_)
      check(all.charge - leaving <= all_max_, "all entries within the budget");
    same(alive_, about_.size(), "nobody is alive but whom the model knows");
  }

  fuzz::input in_;
  fuzz::violations_told told_;
  std::size_t alive_ = 0;
  std::uint64_t idle_max_ = 0;
  std::uint64_t all_max_ = no_limit;
  at_limit full_ = at_limit::overshoot;
  std::size_t absent_max_ = 0;
  bool hears_ = false;
  bool asks_back_ = false;
  bool shrunk_budget_ = false;
  bool shrinking_ = false;
  bool closing_ = false;
  std::map<unsigned, thing*> known_;
  std::map<const thing*, about> about_;
  std::set<unsigned> noted_;
  std::size_t notes_ = 0;
  cache_statistics wanted_;
  std::uint64_t shrunk_ = 0;
  const std::function<bool(const thing&)>* asked_of_ = nullptr;
  std::unique_ptr<store> store_;
  std::array<external<thing>, slots> held_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 4096) return 0;
  world(fuzz::input(data, size)).run();
  return 0;
}
