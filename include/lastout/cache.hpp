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
// pinned_charge_max at most, and both together charge_max. When that cannot be kept because of
// those, `when_full` says what becomes of a newcomer. A hit is never refused.
//
// An entry leaves in this order: dead (nobody finds it), on_evict, its name free, release(). So
// get_or_create, which waits for the name, never meets what on_evict is still writing back. erase
// and replace free the name at once.
//
//   what                  who else may be at it   waits for
//   get, get_many         anybody                 nobody; but a put, when it has met another object
//   insert, replace,      anybody                 as registry::insert; and other misses, for some
//   rename, erase,                                dozen instructions (at most 32 entries met)
//   last puts
//   get_or_create         anybody                 whoever creates that name, or evicts it
//   all that inserts      anybody                 room, with at_limit::wait
//   statistics, for_each  anybody                 as insert, for each segment of the table
//
// KeyOf, Hash, Equal: as in a registry; none of them throws, nor does making a Key for them. A Hash
// that throws while the table grows or an entry leaves ends the program.
//
// Lock order     the keeper's lock and the table's are inside any of the caller's; neither is held
//                while code of the caller's runs except Hash, Equal and KeyOf.
// Who holds references
//                the cache one for each queued entry, in the entry's own word.
//
// Source: Brown, LWN 336224, "The kcref style"; Akaros's kref document, "Resurrecting"; rules 4, 5,
// 16-37, 45-47, 49, 57-60, 62. Record: docs/design/0017-cache.md; eviction:
// docs/design/0013-eviction-policy.md.

#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <type_traits>
#include <utility>

#include <lastout/absence.hpp>
#include <lastout/cache_keeper.hpp>
#include <lastout/cache_options.hpp>
#include <lastout/cache_statistics.hpp>
#include <lastout/cached.hpp>
#include <lastout/creations.hpp>
#include <lastout/name_table.hpp>

namespace lastout {
inline namespace LASTOUT_ABI {

template <class Key, class T, auto KeyOf, class Hash = key_hash<Key>, class Equal = std::equal_to<>,
          class Shape = table_shape>
class cache {
  using table = name_table<Key, T, KeyOf, Hash, Equal, Shape>;
  // An insert ends the negative entry of its name: for that a Key is made of what KeyOf names.
  static constexpr bool keeps_absences =
      !is_absence<T> &&
      std::is_constructible_v<Key, decltype(table::key_of(std::declval<const T&>()))>;
  static constexpr bool transparent =
      requires { typename Hash::is_transparent; } && requires { typename Equal::is_transparent; };

 public:
  using options = cache_options<T>;

  /// Fails     with std::bad_alloc. Without address space it stays empty, as a registry.
  explicit cache(options of) {
    if constexpr (keeps_absences) {
      if (of.absent_max != 0)
        absences_ = std::make_unique<absences>(
            cache_options<absence<Key>>{.idle_charge_max = of.absent_max});
    }
    keeper_ = new keeper(table_, std::move(of));
  }
  cache(const cache&) = delete;
  cache& operator=(const cache&) = delete;
  /// Requires  nobody uses it any more. References may live on, and be put meanwhile: their objects
  ///           die with the last one.
  ~cache() { keeper_->close(); }

  /// Finds the object of that name and takes a reference.
  /// Returns   the reference; empty when there is none.
  /// Order     acquire: the object is seen as it was inserted, or later.
  /// Cost      one atomic add, and the cache lines of one slot and of the object. Lock-free; but that
  ///           it puts an object of another name again, which has the same mark, and may be its last
  ///           put.
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
  /// Fails     with what create() throws, or making a Key; who waits gets an empty reference, and the
  ///           next one who asks creates. violation::creates_within_itself; empty then.
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
  /// Requires  `made` is not empty, and was never in a cache. One that was refused, or whose name
  ///           was taken, was not.
  /// Returns   the one that is there now: `made`, or the other one; `made` is put then. Empty when
  ///           there is no room, or no memory.
  /// Fails     violation::cached_twice; empty then. With what charge() throws, or making a Key of
  ///           its name (with absent_max); nothing has happened then.
  [[nodiscard]] external<T> insert(external<T> made) {
    T& fresh = *made;
    const hash_bits hash = table::hash_of_object(fresh);
    const name_copy name(*this, fresh);
    claimed claim{*keeper_};
    if (!claim.of(fresh)) return {};
    typename table::inserted done = table_.insert(fresh, hash);
    if (!done.in) return std::move(done.other);
    claim.done();
    return enter(std::move(made), hash, name);
  }

  /// Puts an object in, in the place of the one of that name, which lives on for those who have it.
  /// Who looks finds the one or the other.
  /// Requires, Returns, Fails  as insert(). Without room the old one is gone all the same.
  external<T> replace(external<T> made) {
    T& fresh = *made;
    const hash_bits hash = table::hash_of_object(fresh);
    const name_copy name(*this, fresh);
    claimed claim{*keeper_};
    if (!claim.of(fresh)) return {};
    typename table::inserted done = table_.replace(fresh, hash);
    if (done.other) keeper_->retire(*done.other, eviction::replaced);
    if (!done.in) return {};
    claim.done();
    return enter(std::move(made), hash, name);
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
    keeper_->retire(object, eviction::erased);
    return true;
  }

  /// Takes an object out, lets change() give it another name, and puts it in again. It keeps its
  /// place in the queues. Meanwhile nobody finds it; those who have it must not read its name (nor
  /// erase or rename it, which does), unless that may be read while it is changed.
  /// Requires  a reference to it. Equal may be asked while change() runs.
  /// Returns   false when it was not in, when its new name is taken, or without memory: then it is
  ///           out.
  /// Fails     with what change() throws, or making a Key: then it is out.
  template <class Change>
  bool rename(T& object, Change&& change) {
    if (!table_.remove(object, table::hash_of_object(object))) return false;
    struct out {
      ~out() {
        if (!in_again) all.keeper_->retire(object, eviction::replaced);
      }
      cache& all;
      T& object;
      bool in_again = false;
    } until{*this, object};
    std::forward<Change>(change)();
    const hash_bits hash = table::hash_of_object(object);
    const name_copy name(*this, object);
    until.in_again = table_.insert(object, hash).in;
    if (until.in_again) forget_absence(name);
    return until.in_again;
  }

  /// Remembers that there is nothing of that name, for so long. See absent_max.
  /// Returns   false when there is an object of that name, or no negative entries are kept, or no
  ///           memory.
  /// Fails     with what copying the name throws; nothing is noted then.
  bool note_absent(const Key& name, std::chrono::nanoseconds lifetime) {
    if constexpr (!keeps_absences) {
      return false;
    } else {
      if (absences_ == nullptr) return false;
      // Known first, and then looked whether somebody has inserted it: who inserts does it the
      // other way round. Both look under the lock of the name's segment, so one sees the other.
      external<absence<Key>> made = make<absence<Key>>(name, lifetime);
      if (!made || !absences_->replace(std::move(made))) return false;
      if (table_.look(name, table::hash_of(name)) != presence::present) return true;
      absences_->erase(name);
      return false;
    }
  }
  /// True when a negative entry says that there is nothing of that name.
  [[nodiscard]] bool absent(const Key& name) {
    if constexpr (!keeps_absences) {
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
  std::uint64_t shrink(std::uint64_t charge) noexcept { return keeper_->shrink(charge); }

  /// Changes how much it may hold, and evicts what is too much.
  void set_budget(cache_budget budget) noexcept { keeper_->set_budget(budget); }

  /// Evicts each idle entry for which pred(const T&) is true.
  /// Returns   how much charge that was.
  /// Fails     with what pred throws; what it has chosen before is gone.
  /// Cost      a walk through the table. pred is asked with no lock held.
  template <class Predicate>
  std::uint64_t evict_if(Predicate pred) {
    std::uint64_t freed = 0;
    table_.for_each([&](external<T> each) {
      if (!pred(static_cast<const T&>(*each))) return;
      const std::uint64_t charge = each->its_charge();
      if (keeper_->end_if_idle(*each, eviction::shrunk)) {
        reference_access::tell(*each, event::put);
        T& dead = *each;
        reference_access::forget(each);
        keeper_->finish(dead, eviction::shrunk);
        freed += charge;
      }
    });
    return freed;
  }

  /// Calls f(external<T>) for each object, with no lock held: f may use the cache. That is no hit.
  /// One that is in during all of the call is met once; one that comes or goes, at most once.
  /// Fails     with what f throws, at once; it holds nothing then.
  template <class Function>
  void for_each(Function f) {
    table_.for_each(f);
  }

  /// How many names: exact when nobody changes them meanwhile.
  [[nodiscard]] std::size_t size() noexcept { return table_.size(); }

  /// What it has done, and what is in it.
  /// Cost      a walk through the table: a hit writes nothing but the object's word, so who wants
  ///           the sum of them looks at all words. Hits are exact while no entry has 2^32 of them
  ///           before an eviction meets it, but for look-ups that meet an entry as it ends.
  [[nodiscard]] cache_statistics statistics() {
    cache_statistics out = keeper_->done();
    out.misses = misses_.load(order::relaxed);  // relaxed: a statistic
    table_.visit([&out](const T& each) {
      if (each.dead()) return;  // its hits have been noted
      out.hits += static_cast<std::uint64_t>(each.word_.hits());
      const bool pinned = each.references() != 0;
      ++(pinned ? out.pinned_entries : out.idle_entries);
      (pinned ? out.pinned_charge : out.idle_charge) += each.its_charge();
    });
    out.hits = keeper_->hits_at_least(out.hits);
    out.bytes += table_.bytes();
    if constexpr (keeps_absences) {
      if (absences_ != nullptr) {
        out.absent_entries = absences_->size();
        out.bytes += absences_->statistics().bytes;
        out.absent_hits = absent_hits_.load(order::relaxed);  // relaxed: a statistic
      }
    }
    return out;
  }

 private:
  static_assert(std::is_base_of_v<cached<T>, T>,
                "an object in a cache is a `struct T : cached<T>`");

  using keeper = cache_keeper<T, table>;
  using absences = cache<Key, absence<Key>, &absence<Key>::name, Hash, Equal, Shape>;
  using presence = typename table::presence;

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
    if (known_absent(name)) return {};
    return creations_.run(
        name, hash, [&] { return find_unnoticed(name, hash); },
        [&]() -> external<T> {
          bool free = true;
          if (external<T> there = wait_for_the_dying(name, hash, free)) return there;
          if (!free || known_absent(name)) return {};
          external<T> made = create();
          if (made) return insert(std::move(made));
          if (absent_for.count() > 0) note_absent(name, absent_for);
          return {};
        });
  }
  // Only who has on_evict may have something to do with a name that nobody finds any more.
  // Returns  the object that is there after all. free becomes false when nobody is to wait.
  external<T> wait_for_the_dying(const Key& name, hash_bits hash, bool& free) {
    while (keeper_->hears() && free) {
      const presence seen = table_.look(name, hash);
      if (seen == presence::absent) break;
      if (seen == presence::dying) {
        free = keeper_->wait_while([&] { return table_.look(name, hash) == presence::dying; });
      } else if (external<T> there = find_unnoticed(name, hash)) {
        return there;
      }
    }
    return {};
  }
  bool known_absent(const Key& name) {
    if (!absent(name)) return false;
    absent_hits_.fetch_add(1, order::relaxed);  // relaxed: a statistic
    return true;
  }
  // For who has been counted as a miss.
  external<T> find_unnoticed(const Key& name, hash_bits hash) {
    external<T> found = table_.find(name, hash);
    if (found) found->word_.take_hits(1);
    return found;
  }

  // What a negative entry may stand under: copied before the object is in the table, where who
  // finds it may give it another name.
  struct name_copy {
    name_copy([[maybe_unused]] const cache& in, [[maybe_unused]] const T& of) {
      if constexpr (keeps_absences) {
        if (in.absences_ != nullptr) is.emplace(table::key_of(of));
      }
    }
    std::optional<Key> is;
  };

  // An object on its way into the table: nobody's again when it does not come there.
  class claimed {
   public:
    explicit claimed(keeper& by) noexcept : by_(by) {}
    claimed(const claimed&) = delete;
    claimed& operator=(const claimed&) = delete;
    ~claimed() {
      if (object_ != nullptr) by_.disown(*object_);
    }
    [[nodiscard]] bool of(T& object) {
      if (!by_.claim(object, charge_of(object))) return false;
      object_ = &object;
      return true;
    }
    void done() noexcept { object_ = nullptr; }

   private:
    keeper& by_;
    T* object_ = nullptr;
  };

  // It is in the table: now a place in a queue. Its name may be another one already.
  external<T> enter(external<T> made, hash_bits hash, const name_copy& name) {
    forget_absence(name);
    struct out {  // the thread is cancelled while it waits for room
      ~out() {
        if (!said) (void)all.take_out_again(made, hash);
      }
      cache& all;
      T& made;
      hash_bits hash;
      bool said = false;
    } until{*this, *made, hash};
    const bool in = keeper_->enter(*made, hash);
    until.said = true;
    if (in || !take_out_again(*made, hash)) return made;
    return {};
  }
  // Who takes it out of the table says what becomes of it.
  // Returns  false when somebody else has: it was in.
  bool take_out_again(T& made, hash_bits hash) noexcept {
    const bool ours = table_.remove(made, hash);
    ours ? keeper_->refuse(made) : keeper_->enter_leaving(made);
    return ours;
  }

  template <class Name>
  bool erase_as(const Name& name) {
    if constexpr (keeps_absences) {
      if (absences_ != nullptr) absences_->erase(name);
    }
    const external<T> there = table_.erase(name, table::hash_of(name));
    if (there) keeper_->retire(*there, eviction::erased);
    return static_cast<bool>(there);
  }
  void forget_absence([[maybe_unused]] const name_copy& name) {
    if constexpr (keeps_absences) {
      if (name.is) absences_->erase(*name.is);
    }
  }

  // What hits read does not share a line with what misses write.
  table table_;
  keeper* keeper_;
  std::unique_ptr<absences> absences_;
  creations<Key, T, Equal> creations_;
  atomic<std::uint64_t> misses_{0};
  atomic<std::uint64_t> absent_hits_{0};
};

}  // namespace LASTOUT_ABI
}  // namespace lastout
