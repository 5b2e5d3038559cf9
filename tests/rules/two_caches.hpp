// two_caches.hpp - the cache, and its algorithm in a few lines, right or with one mistake: for one
// thread, with the same operations.
//
//   cache c(room, on_evict);     on_evict(name) is called for each that has left
//   handle h = c.insert(name);   the one that is there now; h->name, h->lock
//   c.get(name), c.get_or_create(name, before), c.erase(name), c.shrink(n)
//   c.idle(), c.in_use()         how many; c.stuck(): a lock was taken twice

#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include <lastout/cache.hpp>

#include "rules/support.hpp"

namespace rules {

using name_of_entry = std::uint64_t;
using told_of = std::function<void(name_of_entry)>;

// The real one.

struct real_entry : lastout::cached<real_entry> {
  explicit real_entry(name_of_entry n) : name(n) {}
  [[nodiscard]] static std::uint64_t charge() noexcept { return 1; }
  const name_of_entry name;
  told_lock lock;
};

class real_cache {
 public:
  using handle = lastout::external<real_entry>;

  explicit real_cache(std::size_t room, told_of on_evict = {})
      : all_({.idle_charge_max = room,
              .on_evict = [told = std::move(on_evict)](real_entry& e, lastout::eviction) {
                if (told) told(e.name);
              }}) {}

  handle get(name_of_entry name) { return all_.get(name); }
  handle insert(name_of_entry name) { return all_.insert(lastout::make<real_entry>(name)); }
  template <class Before>
  handle get_or_create(name_of_entry name, Before before) {
    return all_.get_or_create(name, [&] {
      before();
      return lastout::make<real_entry>(name);
    });
  }
  bool erase(name_of_entry name) { return all_.erase(name); }
  std::uint64_t shrink(std::size_t n) { return all_.shrink(n); }
  std::uint64_t idle() { return all_.statistics().idle_entries; }
  std::uint64_t in_use() { return all_.statistics().pinned_entries; }
  [[nodiscard]] static bool stuck() noexcept { return false; }  // it would hang

 private:
  lastout::cache<name_of_entry, real_entry, &real_entry::name> all_;
};

// The small one.

enum class mistake {
  none,
  evicts_who_is_in_use,       // the hand does not look at the count
  forgets_who_is_parked,      // the put that ends a use does not bring it back
  parked_stays_in_its_queue,  // the hand takes its reference and leaves it where it is
  finds_the_dying,            // a look-up does not ask whether it is dead
  insert_meets_the_dying,     // who has the name, dead or not, keeps others out
  tells_under_its_lock,
  slot_without_birth,  // an object is used again as it is
};

template <mistake M>
class small_cache {
  struct entry {
    name_of_entry name = 0;
    told_lock lock;
    int references = 0;  // the queue's one included
    enum { outside, queued, parked, leaving, dead } place = outside;
  };

 public:
  class handle {
   public:
    handle() = default;
    handle(small_cache& in, entry& of) : in_(&in), of_(&of) { ++of.references; }
    handle(const handle& other) : in_(other.in_), of_(other.of_) {
      if (of_ != nullptr) ++of_->references;
    }
    handle(handle&& other) noexcept : in_(other.in_), of_(std::exchange(other.of_, nullptr)) {}
    handle& operator=(handle other) noexcept {
      std::swap(in_, other.in_);
      std::swap(of_, other.of_);
      return *this;
    }
    ~handle() { put(); }
    void put() {
      if (entry* const gone = std::exchange(of_, nullptr)) in_->put(*gone);
    }
    explicit operator bool() const { return of_ != nullptr; }
    entry* operator->() const { return of_; }
    [[nodiscard]] entry* address() const { return of_; }
    friend bool operator==(const handle& a, const handle& b) { return a.of_ == b.of_; }

   private:
    small_cache* in_ = nullptr;
    entry* of_ = nullptr;
  };

  explicit small_cache(std::size_t room, told_of on_evict = {})
      : room_(room), told_(std::move(on_evict)) {}
  small_cache(const small_cache&) = delete;
  small_cache& operator=(const small_cache&) = delete;
  ~small_cache() = default;

  handle get(name_of_entry name) {
    const section here(*this);
    entry* const found = find(name);
    return found == nullptr ? handle() : handle(*this, *found);
  }
  handle insert(name_of_entry name) {
    handle made;
    {
      const section here(*this);
      if (entry* const there = find(name)) return handle(*this, *there);
      if (M == mistake::insert_meets_the_dying && any_of(name)) return {};
      entry& fresh = slot();
      fresh.name = name;
      table_.push_back(&fresh);
      made = handle(*this, fresh);
    }
    while (queue_.size() >= room_ && evict_one()) continue;
    queue(*made.address());
    return made;
  }
  template <class Before>
  handle get_or_create(name_of_entry name, Before before) {
    if (handle found = get(name)) return found;
    before();
    return insert(name);
  }
  bool erase(name_of_entry name) {
    handle there = get(name);
    if (!there) return false;
    entry& out = *there.address();
    std::erase(table_, &out);
    if (out.place == entry::queued) {
      std::erase(queue_, &out);
      --out.references;
    }
    out.place = entry::leaving;
    return true;
  }
  std::size_t shrink(std::size_t n) {
    std::size_t done = 0;
    while (done < n && evict_one()) ++done;
    return done;
  }
  std::size_t idle() const {
    return static_cast<std::size_t>(
        std::count_if(table_.begin(), table_.end(), [](const entry* e) { return !used(*e); }));
  }
  std::size_t in_use() const { return table_.size() - idle(); }
  [[nodiscard]] bool stuck() const { return lock_.deadlocked(); }

 private:
  struct section {
    explicit section(small_cache& of) : in(of) { in.lock_.lock(); }
    section(const section&) = delete;
    section& operator=(const section&) = delete;
    ~section() { in.lock_.unlock(); }
    small_cache& in;
  };

  static bool used(const entry& e) { return e.references > (e.place == entry::queued ? 1 : 0); }
  bool any_of(name_of_entry name) const {
    return std::any_of(table_.begin(), table_.end(),
                       [&](const entry* e) { return e->name == name; });
  }
  entry* find(name_of_entry name) {
    for (entry* each : table_)
      if (each->name == name && (M == mistake::finds_the_dying || each->place != entry::dead))
        return each;
    return nullptr;
  }
  entry& slot() {
    if (free_.empty()) {
      memory_.push_back(std::make_unique<entry>());
      return *memory_.back();
    }
    entry& again = *free_.back();
    free_.pop_back();
    if (M == mistake::slot_without_birth) {
      again.place = entry::outside;
      again.references = 0;
    } else {
      again.~entry();
      new (&again) entry;
    }
    return again;
  }

  void queue(entry& in) {
    ++in.references;
    in.place = entry::queued;
    queue_.push_back(&in);
  }
  void put(entry& of) {
    if (--of.references != 0) return;
    if (of.place == entry::parked && M != mistake::forgets_who_is_parked) return queue(of);
    if (of.place == entry::leaving) end(of);
  }
  // Returns  false when nobody is idle.
  bool evict_one() {
    for (std::size_t looks = queue_.size(); looks != 0; --looks) {
      entry& met = *queue_.front();
      queue_.pop_front();
      if (--met.references == 0 || M == mistake::evicts_who_is_in_use) return end(met), true;
      met.place = entry::parked;
      if (M == mistake::parked_stays_in_its_queue) queue_.push_back(&met);
    }
    return false;
  }
  void end(entry& of) {
    of.place = entry::dead;
    const name_of_entry name = of.name;
    if (told_) {
      if (M == mistake::tells_under_its_lock) {
        const section here(*this);
        told_(name);
      } else {
        told_(name);
      }
    }
    std::erase(table_, &of);
    free_.push_back(&of);
  }

  const std::size_t room_;
  const told_of told_;
  told_lock lock_;
  std::vector<std::unique_ptr<entry>> memory_;
  std::vector<entry*> free_;
  std::vector<entry*> table_;
  std::deque<entry*> queue_;
};

using right_small_cache = small_cache<mistake::none>;

}  // namespace rules
