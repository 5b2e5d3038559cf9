// cache_keeper.hpp - who stays in a cache, and what becomes of those who do not.
//
// The part of a cache that its objects know: the queues, the budgets, the last put. An object that
// has a reference of its holder's may outlive the cache; so does this, until the last one has gone.
//
// Lock order     lock_ is inside any of the caller's, and of an object's held keeper, and outside
//                gone_'s; of the caller's code only Hash and KeyOf run while it is held. A hand waits under it for
//                last puts that were overtaken to say so: they do not wait for it (reach).
// Who holds references
//                the keeper one for each queued object, in the object's own word.
//
// Record: docs/design/0017-cache.md.

#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <utility>

#include <lastout/cache_options.hpp>
#include <lastout/cache_statistics.hpp>
#include <lastout/cached.hpp>
#include <lastout/key_hash.hpp>
#include <lastout/lap_fifo.hpp>
#include <lastout/spin_lock.hpp>
#include <lastout/turnstile.hpp>

namespace lastout {
inline namespace LASTOUT_ABI {

template <class T, class Table>
class cache_keeper final : public keeper<T> {
 public:
  cache_keeper(Table& table, cache_options<T> of)
      : table_(table),
        options_(std::move(of)),
        policy_({options_.idle_charge_max, options_.pinned_charge_max, options_.charge_max}) {}
  cache_keeper(const cache_keeper&) = delete;
  cache_keeper& operator=(const cache_keeper&) = delete;

  /// Makes an object this cache's own, before it is in the table.
  /// Fails     violation::cached_twice: it is in one, or was. False then.
  bool claim(T& made, std::uint64_t charge) {
    if (!made.be_kept_by(*this)) {
      report(violation::cached_twice, made.who(), "insert", made.references());
      return false;
    }
    made.set_charge(charge);
    return true;
  }
  /// Undoes claim(). Requires  it has not been in the table since.
  void disown(T& out) noexcept {
    // From here on nobody is on his way to this keeper; and who asks, under its lock, whose the
    // object is (end_if_idle) gets an answer that stays true.
    (void)out.hold_keeper();
    const arrived guard(*this, out);
    give_up(out);
  }

  /// Gives an object that is in the table its place; waits for room, if that is what is wanted.
  /// Returns   false when there is none.
  bool enter(T& made, hash_bits hash) {
    if (try_enter(made, hash, options_.when_full == at_limit::overshoot)) return true;
    return options_.when_full == at_limit::wait && wait_for_room(made, hash);
  }
  /// There was no room, and the caller has taken the object out of the table, so that nobody else
  /// retires it: it is nobody's again.
  void refuse(T& made) noexcept {
    (void)made.hold_keeper();
    const arrived guard(*this, made);
    ++done_.refusals;
    policy_.note_hits_of(made);
    give_up(made);
  }
  /// There was no room, and somebody else has taken the object out of the table: it was in, and
  /// leaves. He retires it, or gives it another name.
  void enter_leaving(T& made) noexcept {
    const std::lock_guard<spin_lock> guard(lock_);
    if (made.place_now() == place::outside) leave_for(made, eviction::capacity);
    note_member();
  }

  /// It is not to be kept any more: the queue's reference goes. Its last put is final.
  /// Requires  the caller has taken it out of the table, or nobody inserts any more.
  void retire(T& object, eviction why) noexcept {
    const std::lock_guard<spin_lock> guard(lock_);
    retire_locked(object, why);
  }

  /// Ends the life of an object that nobody has but the caller.
  /// Returns   true when it is dead: the caller calls finish().
  bool end_if_idle(T& object, eviction why) noexcept {
    const std::lock_guard<spin_lock> guard(lock_);
    if (object.kept_by() != this) return false;  // given up since it was found
    const bool queued = object.place_now() == place::queued;
    if (!queued && object.place_now() != place::parked) return false;
    if (!object.word_.bury_sole(queued ? 2 : 1)) return false;
    policy_.leave(object);
    policy_.note_hits_of(object);
    count(why);
    --members_;
    announce_room();
    return true;
  }

  /// What is dead leaves: with no lock held.
  void finish(T& dead, eviction why) noexcept {
    reference_access::tell(dead, event::killed);
    unsigned& depth = per_thread<finishing>().depth;
    ++depth;
    if (options_.on_evict) options_.on_evict(dead, why);
    // Whatever the reason: rename() may have put it in again after it was to leave.
    table_.remove(dead, Table::hash_of_object(dead));
    if (options_.on_evict) gone_.advance();  // its name is free
    run_release(dead);
    --depth;
  }

  /// Evicts idle objects until that much charge is free, or none is left.
  /// Returns   how much it was.
  std::uint64_t shrink(std::uint64_t charge) noexcept {
    std::uint64_t freed = 0;
    while (freed < charge) {
      chain evicted;
      {
        const std::lock_guard<spin_lock> guard(lock_);
        while (evicted.size() < batch && freed + evicted.charge() < charge)
          if (!policy_.evict_one(evicted)) break;
        note_evicted(evicted, eviction::shrunk);
      }
      if (evicted.empty()) break;
      freed += evicted.charge();
      finish_all(evicted, eviction::shrunk);
    }
    return freed;
  }

  void set_budget(cache_budget budget) noexcept {
    chain evicted;
    {
      const std::lock_guard<spin_lock> guard(lock_);
      policy_.set_budget(budget);
      policy_.settle(evicted);
      note_evicted(evicted, eviction::capacity);
      announce_room();
    }
    finish_all(evicted, eviction::capacity);
  }

  /// Waits until `standing()` is no longer true of what stands under a name: somebody's finish()
  /// will see to that.
  /// Fails     violation::creates_within_itself when it may be this thread's own. False then.
  template <class Standing>
  bool wait_while(const Standing& standing) {
    for (;;) {
      const std::uint64_t ticket = gone_.ticket();
      if (!standing()) return true;
      if (per_thread<finishing>().depth != 0) {
        report(violation::creates_within_itself, {type_name<T>(), nullptr}, "on_evict");
        return false;
      }
      gone_.wait(ticket);
    }
  }

  [[nodiscard]] bool hears() const noexcept { return static_cast<bool>(options_.on_evict); }

  /// What it has done; hits that the words of objects in the table do not know of.
  [[nodiscard]] cache_statistics done() noexcept {
    const std::lock_guard<spin_lock> guard(lock_);
    cache_statistics out = done_;
    out.hits = policy_.hits();
    out.visits = policy_.visits();
    out.bytes = policy_.bytes();
    return out;
  }
  /// A counter never goes back, though a look at all words may miss a few of those that move.
  [[nodiscard]] std::uint64_t hits_at_least(std::uint64_t counted) noexcept {
    const std::lock_guard<spin_lock> guard(lock_);
    done_.hits = std::max(done_.hits, counted);
    return done_.hits;
  }

  /// The cache goes: nobody enters any more, and what nobody has is freed. The keeper goes with the
  /// last object.
  void close() noexcept {
    {
      const std::lock_guard<spin_lock> guard(lock_);
      closed_ = true;
    }
    table_.for_each([this](external<T> each) {
      if (end_if_idle(*each, eviction::closed)) {
        reference_access::tell(*each, event::put);
        T& dead = *each;
        reference_access::forget(each);
        return finish(dead, eviction::closed);
      }
      retire(*each, eviction::closed);
      table_.remove(*each, Table::hash_of_object(*each));
    });
    wait_for_finishing();
  }

 private:
  using policy = lap_fifo<T, typename Table::object_hash>;
  using chain = typename policy::chain;
  using place = typename cached<T>::place;
  using clock = std::chrono::steady_clock;

  static constexpr std::size_t batch = 64;  // evicted under the lock at once, by shrink()

  // How deep this thread is in on_evict or release() for such caches.
  struct finishing {
    unsigned depth;
  };

  ~cache_keeper() = default;  // finished(), wait_for_finishing()

  bool try_enter(T& made, hash_bits hash, bool at_any_rate) noexcept {
    chain evicted;
    bool in = true;
    {
      const std::lock_guard<spin_lock> guard(lock_);
      if (closed_) return false;
      if (made.place_now() == place::outside) in = take_in(made, hash, at_any_rate, evicted);
      if (in) note_member();  // also when it was erased meanwhile
      note_evicted(evicted, eviction::capacity);
    }
    finish_all(evicted, eviction::capacity);
    return in;
  }
  bool take_in(T& made, hash_bits hash, bool at_any_rate, chain& evicted) noexcept {
    if (made.unwanted()) {
      leave_for(made, eviction::killed);
      return true;
    }
    if (made.its_charge() > policy_.room_most()) {  // nothing would be left beside it
      leave_for(made, eviction::capacity);
      return true;
    }
    const std::optional<bool> for_main =
        policy_.make_room(made.its_charge(), hash, at_any_rate, evicted);
    if (for_main) {
      made.word_.get(made.who());
      policy_.enter(made, *for_main);
    } else if (at_any_rate) {
      policy_.enter_parked(made);  // the put that ends its use looks for room again
    }
    return for_main || at_any_rate;
  }
  bool wait_for_room(T& made, hash_bits hash) {
    const clock::time_point now = clock::now();
    const clock::time_point deadline = options_.wait_max < clock::time_point::max() - now
                                           ? now + options_.wait_max
                                           : clock::time_point::max();
    const waiting_for_room counted(*this);  // before it looks: who makes room after that says so
    for (;;) {
      const std::uint64_t ticket = gone_.ticket();
      if (try_enter(made, hash, false)) return true;
      if (clock::now() >= deadline || !gone_.wait_until(ticket, deadline)) break;
    }
    return try_enter(made, hash, false);
  }

  // Undone, too, when the thread is cancelled while it waits.
  struct waiting_for_room {
    explicit waiting_for_room(cache_keeper& at) noexcept : keeper(at) {
      const std::lock_guard<spin_lock> guard(at.lock_);
      ++at.done_.waits;
      ++at.waiting_;
    }
    waiting_for_room(const waiting_for_room&) = delete;
    waiting_for_room& operator=(const waiting_for_room&) = delete;
    ~waiting_for_room() {
      const std::lock_guard<spin_lock> guard(keeper.lock_);
      --keeper.waiting_;
    }
    cache_keeper& keeper;
  };

  // While it is held.
  void give_up(T& out) noexcept {
    out.keeper_.store(T::held_bit, order::relaxed);  // relaxed: let_keeper_go() releases
  }

  // Who holds an object's keeper has come to its lock. Let go before that is free.
  struct arrived {
    arrived(cache_keeper& at, T& with) noexcept : guard(at.lock_), object(with) {}
    arrived(cache_keeper& at, T& with, std::adopt_lock_t has) noexcept
        : guard(at.lock_, has), object(with) {}
    arrived(const arrived&) = delete;
    arrived& operator=(const arrived&) = delete;
    ~arrived() { object.let_keeper_go(); }
    std::lock_guard<spin_lock> guard;
    T& object;
  };

  /// A last put comes to the lock.
  /// Returns   false when somebody has a reference again before it is there: a hand that has met the
  ///           object may be waiting under the lock for just this put to say that it was overtaken.
  bool reach(T& object) noexcept {
    while (!lock_.try_lock()) {
      if (object.word_.references() != 0) {
        object.let_keeper_go();
        return false;
      }
      relax();
    }
    return true;
  }

  // Under lock_.

  void retire_locked(T& object, eviction why) noexcept {
    if (object.place_now() == place::leaving) {
      policy_.note_hits_of(object);  // it was found since, and the table may not have it any more
      return;
    }
    leave_for(object, why);
    announce_room();
  }
  void note_member() noexcept {
    ++members_;
    ++done_.inserts;
  }
  void note_evicted(const chain& evicted, eviction why) noexcept {
    count(why, evicted.size());
    members_ -= evicted.size();
  }
  void count(eviction why, std::size_t n = 1) noexcept {
    done_.evictions[static_cast<std::size_t>(why)] += n;
  }
  void leave_for(T& object, eviction why) noexcept {
    if (policy_.leave(object)) (void)object.word_.put_not_last();  // the caller has one
    policy_.note_hits_of(object);
    object.note_reason(static_cast<std::uint8_t>(why));
    count(why);
  }
  // Only parked ones are in the way of who was refused: so there is more room when one of those has
  // gone or come back, and not because somebody is evicted.
  void announce_room() noexcept {
    if (waiting_ != 0) gone_.advance();
  }

  void finish_all(chain& dead, eviction why) noexcept {
    while (T* const each = dead.pop()) finish(*each, why);
  }

  // For objects.

  bool last_put(T& object) noexcept override {
    chain evicted;
    bool over = false;   // the object is dead
    bool heard = false;  // and the cache is to hear of it
    if (!reach(object)) return false;
    {
      const arrived guard(*this, object, std::adopt_lock);
      const place at = object.place_now();
      if (at == place::queued) {
        if (object.word_.references() != 0) return false;  // got and inserted since
        object.word_.saturate();  // the queue's reference has been put by somebody else
      } else if (at == place::parked && !closed_) {
        if (!object.word_.take_back(object.who())) return false;
        policy_.come_back(object);
        policy_.settle(evicted);
        count(eviction::capacity, evicted.size());
        announce_room();
        if (evicted.empty()) return true;  // hands off: the keeper too may be gone
      } else {
        if (object.word_.settle(count_state::dead) == settled::not_ours) return false;
        if (at == place::parked) leave_for(object, eviction::closed);
        policy_.note_hits_of(object);
        over = true;
        heard = !orphan_;
      }
      finishing_ += evicted.size() + (over ? 1 : 0);
    }
    const std::size_t n = evicted.size() + (over ? 1 : 0);
    if (n == 0) {
      report(violation::put_at_zero, object.who(), "put", 0, "queued");
      return true;
    }
    if (heard) finish(object, static_cast<eviction>(object.reason()));
    if (over && !heard) run_release(object);
    finish_all(evicted, eviction::capacity);
    finished(n);
    return true;
  }
  void doom(T& object) noexcept override {
    const arrived guard(*this, object);
    if (object.place_now() == place::outside)
      return announce_room();  // who waits for it looks again
    retire_locked(object, eviction::killed);
  }

  // So many that last_put() ended are freed.
  void finished(std::size_t n) noexcept {
    bool last = false;
    {
      const std::lock_guard<spin_lock> guard(lock_);
      members_ -= n;
      finishing_ -= n;
      last = orphan_ && members_ == 0;
      if (closed_ && !orphan_) gone_.advance();
    }
    if (last) delete this;
  }

  // By the cache that goes: once nobody needs its table any more.
  void wait_for_finishing() noexcept {
    for (;;) {
      const std::uint64_t ticket = gone_.ticket();
      bool last = false;
      {
        const std::lock_guard<spin_lock> guard(lock_);
        orphan_ = finishing_ == 0;
        if (orphan_ && members_ != 0) return;  // who is left deletes it
        last = orphan_;
      }
      if (last) return delete this;
      gone_.wait(ticket);
    }
  }

  Table& table_;  // gone, once orphan_
  const cache_options<T> options_;
  turnstile gone_;  // waited at for room, for a name, and by the cache that goes

  spin_lock lock_;  // guards what follows, and all of an object but its word
  policy policy_;
  cache_statistics done_;
  std::size_t members_ = 0;    // objects that know this keeper and are not freed yet
  std::size_t waiting_ = 0;    // for room
  std::size_t finishing_ = 0;  // of these, dead by their last put and not freed yet
  bool closed_ = false;
  bool orphan_ = false;  // the table is gone, and who is told of evictions
};

}  // namespace LASTOUT_ABI
}  // namespace lastout
