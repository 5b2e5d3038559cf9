// cache.hpp - from a name to an object that outlives its users: found without a lock, kept until
// its room is wanted.
//
// Use a cache for objects that are dear to make and will be asked for again: inodes, textures,
// blocks of files, of keys and values. If an object is to die with its last user, use registry.
//
//   struct texture : lastout::cached<texture> {
//     explicit texture(std::string of);
//     const std::string name;
//   };
//   lastout::cache<std::string, texture, &texture::name> textures({.idle_charge_max = 64 << 20});
//
//   lastout::external<texture> t =                      // a hit: one atomic add; its put: another
//       textures.get_or_create("stone", [] { return lastout::make<texture>("stone"); });
//
// There is one object for each name. Who has a reference has the object, whatever the cache does
// meanwhile: only idle ones are evicted, and what is erased lives on for those who have it.
//
// What an entry weighs is its charge(), asked once, when it enters; sizeof(T) when there is no such
// function. Entries stand in queues, which hold idle_charge_max at most. An eviction that meets one
// in use takes it out of its queue (parks it) until its use ends; parked ones are
// pinned_charge_max at most, and both together charge_max. When that cannot be kept because nobody
// is idle, `when_full` says what becomes of a newcomer. A hit is never refused.
//
// An entry leaves in this order: dead (nobody finds it), on_evict, its name free, release(). So
// get_or_create, which waits for the name, never meets what on_evict is still writing back. erase
// and replace free the name at once.
//
//   what                  who else may be at it   waits for
//   get, get_many         anybody                 nobody
//   insert, replace,      anybody                 as registry::insert; and other misses, for some
//   erase, last puts                              dozen instructions (at most 32 entries met)
//   get_or_create         anybody                 whoever creates that name, or evicts it
//   all that inserts      anybody                 room, with at_limit::wait
//   statistics, for_each  anybody                 as insert, for each segment of the table
//
// Lock order     lock_, and the table's, are inside any of the caller's; neither is held while code
//                of the caller's runs except Hash, Equal and KeyOf.
// Who holds references
//                the cache one for each queued entry, in the entry's own word.
//
// Source: Brown, LWN 336224, "The kcref style"; Akaros's kref document, "Resurrecting"; rules 4, 5,
// 16-37, 45-47, 49, 57-60, 62. Record: docs/design/0017-cache.md; eviction:
// docs/design/0013-eviction-policy.md.

#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <type_traits>
#include <utility>

#include <lastout/absence.hpp>
#include <lastout/cache_statistics.hpp>
#include <lastout/cached.hpp>
#include <lastout/creations.hpp>
#include <lastout/lap_fifo.hpp>
#include <lastout/name_table.hpp>
#include <lastout/spin_lock.hpp>
#include <lastout/turnstile.hpp>

namespace lastout {
inline namespace LASTOUT_ABI {

/// What becomes of a newcomer when there is no room and nobody is idle.
enum class at_limit : std::uint8_t {
  overshoot,  // it enters all the same
  refuse,     // the caller gets an empty reference
  wait,       // until there is room, or wait_max has passed: then it is refused
};

inline constexpr std::uint64_t no_limit = std::numeric_limits<std::uint64_t>::max();

template <class T>
struct cache_options {
  std::uint64_t idle_charge_max = 0;           // what is kept in the hope that it is asked for
  std::uint64_t pinned_charge_max = no_limit;  // what is in use besides, as far as evictions met it
  std::uint64_t charge_max = no_limit;         // both
  at_limit when_full = at_limit::overshoot;
  std::chrono::nanoseconds wait_max = std::chrono::seconds(1);
  std::size_t absent_max = 0;  // negative entries; 0: none
  // Called for each entry that leaves, when nobody has it or can get it any more, with no lock held.
  // It may use the cache, but not ask for that name. It does not throw.
  std::function<void(T&, eviction)> on_evict = {};
};

template <class Key, class T, auto KeyOf, class Hash = key_hash<Key>, class Equal = std::equal_to<>,
          class Shape = table_shape>
class cache final : private keeper<T> {
  using table = name_table<Key, T, KeyOf, Hash, Equal, Shape>;
  static constexpr bool transparent =
      requires { typename Hash::is_transparent; } && requires { typename Equal::is_transparent; };

 public:
  using options = cache_options<T>;

  explicit cache(options of)
      : options_(std::move(of)),
        policy_({options_.idle_charge_max, options_.pinned_charge_max, options_.charge_max}) {
    if constexpr (!is_absence<T>) {
      if (options_.absent_max != 0)
        absences_ = std::make_unique<absences>(
            cache_options<absence<Key>>{.idle_charge_max = options_.absent_max});
    }
  }
  cache(const cache&) = delete;
  cache& operator=(const cache&) = delete;
  /// Requires  nobody uses it any more. References may live on: their objects die with them, and
  ///           on_evict does not hear of those.
  ~cache() { close(); }

  /// Finds the object of that name and takes a reference.
  /// Returns   the reference; empty when there is none.
  /// Order     acquire: the object is seen as it was inserted, or later.
  /// Cost      one atomic add, and the cache lines of one slot and of the object. Lock-free.
  [[nodiscard, gnu::always_inline]] inline external<T> get(const Key& name) {
    external<T> found = table_.find(name, table::hash_of(name));
    if (!found) [[unlikely]]
      missed();
    return found;
  }
  template <class Name>
    requires transparent
  [[nodiscard]] external<T> get(const Name& name) {
    external<T> found = table_.find(name, table::hash_of(name));
    if (!found) missed();
    return found;
  }

  /// Finds several at once; out[i] becomes the object of names[i], or empty.
  /// Requires  out as long as names.
  /// Cost      as get, and the cache misses of sixteen overlap.
  void get_many(std::span<const Key> names, std::span<external<T>> out) {
    table_.find_many(names, out);
    std::uint64_t none = 0;
    for (const external<T>& each : out) none += each ? 0 : 1;
    if (none != 0) missed(none);
  }

  /// Finds the object of that name, or makes it: create() returns it, or an empty reference. Others
  /// who ask for the name meanwhile wait, and get what the creator gets.
  /// An empty answer is remembered for `absent_for`, if absent_max allows: until then, or until the
  /// name is inserted, nobody is asked to create it.
  /// Requires  what create() makes has that name. It does not ask for it.
  /// Returns   the reference; empty when create() answered so (now, or lately), when there is no
  ///           room (see at_limit), or no memory.
  /// Fails     with what create() throws; who waits gets an empty reference, and the next one who
  ///           asks creates. violation::creates_within_itself; empty then.
  template <class Create>
  [[nodiscard]] external<T> get_or_create(const Key& name, Create&& create,
                                          std::chrono::nanoseconds absent_for = {}) {
    const hash_bits hash = table::hash_of(name);
    if (external<T> found = table_.find(name, hash)) return found;
    return find_or_create(name, hash, create, absent_for);
  }
  template <class Name, class Create>
    requires transparent
  [[nodiscard]] external<T> get_or_create(const Name& name, Create&& create,
                                          std::chrono::nanoseconds absent_for = {}) {
    const hash_bits hash = table::hash_of(name);
    if (external<T> found = table_.find(name, hash)) return found;
    return find_or_create(Key(name), hash, create, absent_for);
  }

  /// Puts an object in, unless there is one of that name.
  /// Requires  `made` is not empty, and was never in a cache.
  /// Returns   the one that is there now: `made`, or the other one; `made` is put then. Empty when
  ///           there is no room, or no memory.
  /// Fails     violation::cached_twice; empty then.
  [[nodiscard]] external<T> insert(external<T> made) {
    if (!claim(*made)) return {};
    typename table::inserted done = table_.insert(*made);
    if (done.in) return settle_in(std::move(made));
    disown(*made);
    return std::move(done.other);
  }

  /// Puts an object in, in the place of the one of that name, which lives on for those who have it.
  /// Who looks finds the one or the other.
  /// Requires, Returns, Fails  as insert(). When there is no room the old one is gone all the same.
  external<T> replace(external<T> made) {
    if (!claim(*made)) return {};
    typename table::inserted done = table_.replace(*made);
    if (done.other) retire(*done.other, eviction::replaced);
    if (done.in) return settle_in(std::move(made));
    disown(*made);
    return {};
  }

  /// Takes the object of that name out. It lives on for those who have it, and is freed when nobody
  /// has. A negative entry is forgotten.
  /// Returns   true when there was one.
  bool erase(const Key& name) { return erase_as(name); }
  template <class Name>
    requires transparent
  bool erase(const Name& name) {
    return erase_as(name);
  }
  /// The same for that very object, whoever has its name.
  /// Requires  a reference to it.
  bool erase(T& object) {
    if (!table_.remove(object, table::hash_of_object(object))) return false;
    retire(object, eviction::erased);
    return true;
  }

  /// Takes an object out, lets change() give it another name, and puts it in again. It keeps its
  /// place in the queues. Meanwhile nobody finds it; those who have it must not read its name,
  /// unless that may be read while it is changed.
  /// Requires  a reference to it. Equal may be asked while change() runs.
  /// Returns   false when it was not in, or its new name is taken: then it is out.
  template <class Change>
  bool rename(T& object, Change&& change) {
    if (!table_.remove(object, table::hash_of_object(object))) return false;
    std::forward<Change>(change)();
    if (table_.insert(object).in) return true;
    retire(object, eviction::replaced);
    return false;
  }

  /// Remembers that there is nothing of that name, for so long. See absent_max.
  /// Returns   false when there is an object of that name, or no negative entries are kept.
  bool note_absent(const Key& name, std::chrono::nanoseconds lifetime) {
    if constexpr (is_absence<T>) {
      return false;
    } else {
      if (absences_ == nullptr) return false;
      // Known first, and then looked whether somebody has inserted it: who inserts does it the
      // other way round. Both look under the lock of the name's segment, so one sees the other.
      absences_->replace(make<absence<Key>>(name, lifetime));
      if (table_.look(name, table::hash_of(name)) != table::presence::present) return true;
      absences_->erase(name);
      return false;
    }
  }
  /// True when a negative entry says that there is nothing of that name.
  [[nodiscard]] bool absent(const Key& name) {
    if constexpr (is_absence<T>) {
      return false;
    } else {
      if (absences_ == nullptr) return false;
      const external<absence<Key>> known = absences_->get(name);
      if (!known) return false;
      if (!known->expired()) return true;
      absences_->erase(*known);
      return false;
    }
  }

  /// Evicts idle entries until that much charge is free, or none is left.
  /// Returns   how much it was.
  std::uint64_t shrink(std::uint64_t charge) noexcept {
    std::uint64_t freed = 0;
    while (freed < charge) {
      chain evicted;
      {
        const std::lock_guard<spin_lock> guard(lock_);
        while (evicted.size() < batch && freed + evicted.charge() < charge)
          if (!policy_.evict_one(evicted)) break;
        count(eviction::shrunk, evicted.size());
      }
      if (evicted.empty()) break;
      freed += evicted.charge();
      finish_all(evicted, eviction::shrunk);
    }
    return freed;
  }

  /// Evicts each idle entry for which pred(const T&) is true.
  /// Returns   how much charge that was.
  /// Cost      a walk through the table. pred is asked with no lock held.
  template <class Predicate>
  std::uint64_t evict_if(Predicate pred) {
    std::uint64_t freed = 0;
    table_.for_each([&](external<T> each) {
      if (!pred(static_cast<const T&>(*each))) return;
      const std::uint64_t charge = each->its_charge();
      if (end_if_idle(*each, eviction::shrunk)) {
        finish(*each.leak(), eviction::shrunk);
        freed += charge;
      }
    });
    return freed;
  }

  /// Calls f(external<T>) for each object, with no lock held: f may use the cache. That is no hit.
  /// One that is in during all of the call is met once; one that comes or goes, at most once.
  template <class Function>
  void for_each(Function f) {
    table_.for_each(f);
  }

  /// How many names: exact when nobody changes them meanwhile.
  [[nodiscard]] std::size_t size() noexcept { return table_.size(); }

  /// What it has done, and what is in it.
  /// Cost      a walk through the table: a hit writes nothing but the object's word, so who wants
  ///           the sum of them looks at all words. Hits are exact while no entry has 2^32 of them
  ///           between two looks (this, or an eviction that meets it).
  [[nodiscard]] cache_statistics statistics() {
    cache_statistics out;
    {
      const std::lock_guard<spin_lock> guard(lock_);
      out = done_;
      out.hits = policy_.hits();
      out.visits = policy_.visits();
      out.bytes = policy_.bytes();
    }
    out.misses = misses_.load(order::relaxed);  // relaxed: a statistic
    table_.visit([&out](const T& each) {
      out.hits += each.word_.hits();
      const place at = each.place_now();
      const std::uint32_t own = at == place::queued ? 1 : 0;
      const bool pinned = each.word_.references() > own;
      ++(pinned ? out.pinned_entries : out.idle_entries);
      (pinned ? out.pinned_charge : out.idle_charge) += each.its_charge();
    });
    out.bytes += table_.bytes();
    if constexpr (!is_absence<T>) {
      if (absences_ != nullptr) {
        out.absent_entries = absences_->size();
        out.bytes += absences_->statistics().bytes;
        out.absent_hits = absent_hits_.load(order::relaxed);  // relaxed: a statistic
      }
    }
    // An entry that died during the walk may have been left out; a counter never goes back.
    const std::lock_guard<spin_lock> guard(lock_);
    done_.hits = std::max(done_.hits, out.hits);
    out.hits = done_.hits;
    return out;
  }

 private:
  static_assert(std::is_base_of_v<cached<T>, T>,
                "an object in a cache is a `struct T : cached<T>`");

  struct hash_of {
    hash_bits operator()(const T& object) const noexcept { return table::hash_of_object(object); }
  };
  using policy = lap_fifo<T, hash_of>;
  using chain = typename policy::chain;
  using place = typename cached<T>::place;
  using absences = cache<Key, absence<Key>, &absence<Key>::name, Hash, Equal, Shape>;

  static constexpr std::size_t batch = 64;  // evicted under the lock at once, by shrink()

  static std::uint64_t charge_of(const T& object) {
    if constexpr (requires { object.charge(); }) {
      return static_cast<std::uint64_t>(object.charge());
    } else {
      return sizeof(T);
    }
  }

  void missed(std::uint64_t n = 1) noexcept {
    misses_.fetch_add(n, order::relaxed);  // relaxed: a statistic
  }

  template <class Create>
  external<T> find_or_create(const Key& name, hash_bits hash, Create& create,
                             std::chrono::nanoseconds absent_for) {
    missed();
    if (absent(name)) {
      absent_hits_.fetch_add(1, order::relaxed);  // relaxed: a statistic
      return {};
    }
    return creations_.run(
        name, hash,
        [&] {
          external<T> found = table_.find(name, hash);
          if (found) found->word_.take_hits(1);  // it has been counted as a miss
          return found;
        },
        [&]() -> external<T> {
          wait_for_the_dying(name, hash);
          external<T> made = create();
          if (made) return insert(std::move(made));
          if (absent_for.count() > 0) note_absent(name, absent_for);
          return {};
        });
  }

  // Only who has on_evict may have something to do with a name that nobody finds any more.
  void wait_for_the_dying(const Key& name, hash_bits hash) {
    if (!options_.on_evict) return;
    for (;;) {
      const std::uint64_t ticket = gone_.ticket();
      if (table_.look(name, hash) != table::presence::dying) return;
      gone_.wait(ticket);
    }
  }

  // An object is in one cache, once.
  bool claim(T& made) {
    keeper<T>* nobody = nullptr;
    // relaxed: table and word order it, see kept_by()
    if (!made.keeper_.compare_exchange_strong(nobody, this, order::relaxed, order::relaxed)) {
      report(violation::cached_twice, made.who(), "insert", made.references());
      return false;
    }
    made.set_charge(charge_of(made));
    return true;
  }
  void disown(T& out) noexcept {
    out.keeper_.store(nullptr, order::relaxed);  // relaxed: see claim()
  }

  // It is in the table: now a place in a queue.
  external<T> settle_in(external<T> made) {
    forget_absence(*made);
    if (enter(*made, options_.when_full == at_limit::overshoot)) return made;
    if (options_.when_full == at_limit::wait && wait_for_room(*made)) return made;
    table_.remove(*made, table::hash_of_object(*made));
    {
      const std::lock_guard<spin_lock> guard(lock_);
      ++done_.refusals;
      policy_.leave(*made);
    }
    disown(*made);
    return {};
  }

  // Returns  false when there is no room.
  bool enter(T& made, bool at_any_rate) {
    chain evicted;
    bool in = true;
    {
      const std::lock_guard<spin_lock> guard(lock_);
      if (made.place_now() == place::outside) in = take_in(made, at_any_rate, evicted);
      count(eviction::capacity, evicted.size());
    }
    finish_all(evicted, eviction::capacity);
    return in;
  }
  bool take_in(T& made, bool at_any_rate, chain& evicted) noexcept {
    if (made.its_charge() > policy_.room_most()) {  // nothing would be left beside it
      leave_for(made, eviction::capacity);
    } else {
      const std::optional<bool> for_main =
          policy_.make_room(made.its_charge(), table::hash_of_object(made), evicted);
      if (!for_main && !at_any_rate) return false;
      made.word_.get(made.who());
      policy_.enter(made, for_main.value_or(false));
    }
    ++done_.inserts;
    return true;
  }
  bool wait_for_room(T& made) {
    const auto deadline = std::chrono::steady_clock::now() + options_.wait_max;
    {
      const std::lock_guard<spin_lock> guard(lock_);
      ++done_.waits;
    }
    for (bool in_time = true; in_time;) {
      const std::uint64_t ticket = gone_.ticket();
      if (enter(made, false)) return true;
      in_time = gone_.wait_until(ticket, deadline);
    }
    return false;
  }

  template <class Name>
  bool erase_as(const Name& name) {
    if constexpr (!is_absence<T>) {
      if (absences_ != nullptr) absences_->erase(name);
    }
    const external<T> there = table_.erase(name, table::hash_of(name));
    if (there) retire(*there, eviction::erased);
    return static_cast<bool>(there);
  }
  void forget_absence([[maybe_unused]] const T& made) {
    if constexpr (!is_absence<T> && std::is_constructible_v<Key, decltype(table::key_of(made))>) {
      if (absences_ != nullptr) absences_->erase(Key(table::key_of(made)));
    }
  }

  // It is not to be kept any more: the queue's reference goes. Its last put is final.
  void retire(T& object, eviction why) noexcept {
    {
      const std::lock_guard<spin_lock> guard(lock_);
      if (object.place_now() == place::leaving) return;
      leave_for(object, why);
    }
    announce();
  }
  void leave_for(T& object, eviction why) noexcept {
    if (policy_.leave(object)) (void)object.word_.put_not_last();  // the caller has one
    object.note_reason(static_cast<std::uint8_t>(why));
    count(why);
  }

  // Returns  true when the object is dead, of the caller's reference.
  bool end_if_idle(T& object, eviction why) noexcept {
    const std::lock_guard<spin_lock> guard(lock_);
    const bool queued = object.place_now() == place::queued;
    if (!queued && object.place_now() != place::parked) return false;
    if (!object.word_.bury_sole(queued ? 2 : 1)) return false;
    policy_.leave(object);
    policy_.note_hits_of(object);
    count(why);
    return true;
  }

  // For entries.

  bool last_put(T& object) noexcept override {
    chain evicted;
    bool over = false;   // the object is dead
    bool heard = false;  // and on_evict hears of it
    {
      const std::lock_guard<spin_lock> guard(lock_);
      switch (object.place_now()) {
        case place::parked:
          if (!object.word_.take_back(object.who())) return false;
          policy_.come_back(object);
          policy_.settle(evicted);
          count(eviction::capacity, evicted.size());
          break;
        case place::leaving:
        case place::outside:
          if (object.word_.settle(count_state::dead) == settled::not_ours) return false;
          policy_.note_hits_of(object);
          over = true;
          heard = object.place_now() == place::leaving;
          break;
        case place::queued:  // its queue's reference has been put by somebody else
          object.word_.saturate();
          report(violation::put_at_zero, object.who(), "put", 0, "queued");
          return true;
      }
    }
    if (heard) {
      finish(object, static_cast<eviction>(object.reason()));
    } else if (over) {
      run_release(object);
    }
    finish_all(evicted, eviction::capacity);
    announce();
    return true;
  }
  void doom(T& object) noexcept override { retire(object, eviction::killed); }

  // What is dead leaves: with no lock held.
  void finish(T& dead, eviction why) noexcept {
    reference_access::tell<T>(event::killed);
    if (options_.on_evict) options_.on_evict(dead, why);
    if (why != eviction::erased && why != eviction::replaced)
      table_.remove(dead, table::hash_of_object(dead));
    announce();
    run_release(dead);
  }
  void finish_all(chain& dead, eviction why) noexcept {
    while (T* const each = dead.pop()) finish(*each, why);
  }

  // Who waits for a name or for room looks again.
  void announce() noexcept {
    if (options_.on_evict || options_.when_full == at_limit::wait) gone_.advance();
  }

  void count(eviction why, std::size_t n = 1) noexcept {
    done_.evictions[static_cast<std::size_t>(why)] += n;
  }

  void close() noexcept {
    table_.for_each([this](external<T> each) {
      const bool idle = end_if_idle(*each, eviction::closed);
      if (!idle) retire(*each, eviction::closed);
      table_.remove(*each, table::hash_of_object(*each));
      disown(*each);
      if (!idle) return;
      if (options_.on_evict) options_.on_evict(*each, eviction::closed);
      run_release(*each.leak());
    });
  }

  const options options_;
  table table_;
  creations<Key, T, Equal> creations_;
  turnstile gone_;
  std::unique_ptr<absences> absences_;
  atomic<std::uint64_t> misses_{0};
  atomic<std::uint64_t> absent_hits_{0};

  spin_lock lock_;  // guards what follows, and all of an entry but its word
  policy policy_;
  cache_statistics done_;
};

}  // namespace LASTOUT_ABI
}  // namespace lastout
