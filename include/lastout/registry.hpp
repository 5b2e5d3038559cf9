// registry.hpp - from a name to a live object: found without a lock, gone with its last user.
//
// Use a registry for kref objects: processes by number, sessions by id, whatever dies with its last
// external reference. If objects are to outlive their users and be found again, use cache.
//
//   struct session : lastout::kref<session>, lastout::in_slab<session> {
//     explicit session(session_id number) : id(number) {}
//     void release() noexcept;           // sessions.leave(*this); delete this;
//     const session_id id;
//   };
//   lastout::registry<session_id, session, &session::id> sessions;
//
//   lastout::external<session> s = sessions.find(id);     // one atomic add; empty: absent or dying
//
// The registry holds internal references only, and keeps nothing alive. An object leaves in its own
// release; from its last put on nobody finds it, and its name is free: who creates the name again
// never meets the dying one.
//
// An object's key does not change while it is in a registry. Its memory is of one type (in_slab),
// because a look-up may come a moment too late, and must find a counted word. Objects of one type
// may be in several registries, by several keys.
//
// KeyOf: what a key is made of: a member, or a function of the object. Hash, Equal: as the standard
// containers take them; none of the three throws. When both are transparent a look-up takes what
// they take. Text is transparent by itself: keys that are strings are found by a string_view.
//
//   what            who else may be at it     waits for
//   find, find_many anybody                   nobody
//   insert, erase,  anybody                   others who change names of the same segment (one of
//   leave                                     a hundred names or two), for some dozen instructions
//   get_or_create   anybody                   whoever creates that name
//   for_each        anybody                   as insert
//
// Lock order     its locks are inside any of the caller's, and hold while no code of the caller's
//                runs except Hash, Equal and KeyOf.
//
// Source: Akaros's pid2proc; rules 4, 5, 16-26, 35, 36, 58, 62. Record:
// docs/design/0016-registry.md.

#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <type_traits>
#include <utility>

#include <lastout/creations.hpp>
#include <lastout/name_table.hpp>
#include <lastout/in_slab.hpp>

namespace lastout {
inline namespace LASTOUT_ABI {

template <class Key, class T, auto KeyOf, class Hash = key_hash<Key>, class Equal = std::equal_to<>,
          class Shape = table_shape>
class registry {
  using table = name_table<Key, T, KeyOf, Hash, Equal, Shape>;
  static constexpr bool transparent =
      requires { typename Hash::is_transparent; } && requires { typename Equal::is_transparent; };

 public:
  registry() noexcept = default;
  registry(const registry&) = delete;
  registry& operator=(const registry&) = delete;
  /// Requires  nobody uses it any more, nor will: objects that are left in it must not leave later.
  ~registry() = default;

  /// Finds the object of that name and takes a reference.
  /// Returns   the reference; empty when there is none, or only a dying one.
  /// Order     acquire: the object is seen as it was inserted, or later.
  /// Cost      one atomic add, and the cache lines of one slot and of the object. Lock-free. A put
  ///           too, when what it met turns out to be another one; that put may be the last one.
  [[nodiscard, gnu::always_inline]] inline external<T> find(const Key& name) const {
    return table_.find(name, table::hash_of(name));
  }
  template <class Name>
    requires transparent
  [[nodiscard]] external<T> find(const Name& name) const {
    return table_.find(name, table::hash_of(name));
  }

  /// Finds several at once; out[i] becomes the object of names[i], or empty.
  /// Requires  out as long as names.
  /// Cost      as find, and the cache misses of sixteen overlap.
  void find_many(std::span<const Key> names, std::span<external<T>> out) const {
    table_.find_many(names, out);
  }

  /// Puts an object in, unless there is one of that name.
  /// Requires  `made` is not empty, and in no other registry that its release() does not leave.
  /// Returns   the one that is there now: `made`, or the other one; `made` is put then. Empty when
  ///           there is no memory, or no room for so many names of one hash.
  [[nodiscard]] external<T> insert(external<T> made) {
    typename table::inserted done = table_.insert(*made, table::hash_of_object(*made));
    return done.in ? std::move(made) : std::move(done.other);
  }

  /// Finds the object of that name, or makes it: create() returns it, or an empty reference. Others
  /// who ask for the name meanwhile wait, and get what the creator gets.
  /// Requires  what create() makes has that name. It does not ask for it.
  /// Returns   the reference; empty when create() answered so, or without memory.
  /// Fails     with what create() throws, or making a Key; who waits gets an empty reference, and the
  ///           next one who asks creates. violation::creates_within_itself; empty then.
  template <class Create>
  [[nodiscard]] external<T> get_or_create(const Key& name, Create&& create) {
    const hash_bits hash = table::hash_of(name);
    if (external<T> found = table_.find(name, hash)) return found;
    return find_or_create(name, hash, create);
  }
  template <class Name, class Create>
    requires transparent
  [[nodiscard]] external<T> get_or_create(const Name& name, Create&& create) {
    const hash_bits hash = table::hash_of(name);
    if (external<T> found = table_.find(name, hash)) return found;
    return find_or_create(Key(name), hash, create);
  }

  /// Takes the object of that name out. It lives on for those who have it.
  /// Returns   a reference to it; empty when there is none, or only a dying one.
  external<T> erase(const Key& name) { return table_.erase(name, table::hash_of(name)); }
  template <class Name>
    requires transparent
  external<T> erase(const Name& name) {
    return table_.erase(name, table::hash_of(name));
  }

  /// Takes the object out, if it is in: from its release(), before its memory goes.
  /// Returns   true when it was in.
  bool leave(const T& leaving) noexcept {
    return table_.remove(leaving, table::hash_of_object(leaving));
  }

  /// Calls f(external<T>) for each object, with no lock held: f may use the registry.
  /// One that is in during all of the call is met once; one that comes or goes, at most once.
  /// Fails     with what f throws, at once; it holds nothing then.
  template <class Function>
  void for_each(Function f) {
    table_.for_each(f);
  }

  /// How many names: exact when nobody changes them meanwhile.
  [[nodiscard]] std::size_t size() noexcept { return table_.size(); }
  /// The bytes of the table. Objects come on top, see slab::use.
  [[nodiscard]] std::size_t bytes() noexcept { return table_.bytes(); }

 private:
  static_assert(counted<T> && reference_access::has_get_not_zero<T>,
                "a registry holds internal references: T needs get_not_zero");
  static_assert(reference_access::has_release<T>,
                "T leaves the registry in its own release(): `void release() noexcept { "
                "registry.leave(*this); delete this; }`");
  static_assert(type_stable<T>,
                "a look-up takes no lock, so T's memory must stay of type T: derive T from "
                "in_slab<T>, or say what else keeps it with `using memory_type = ...`");

  template <class Create>
  external<T> find_or_create(const Key& name, hash_bits hash, Create& create) {
    return creations_.run(
        name, hash, [&] { return table_.find(name, hash); },
        [&]() -> external<T> {
          external<T> made = create();
          return made ? insert(std::move(made)) : external<T>();
        });
  }

  table table_;
  creations<Key, T, Equal> creations_;
};

}  // namespace LASTOUT_ABI
}  // namespace lastout
