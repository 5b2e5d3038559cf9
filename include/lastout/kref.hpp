// kref.hpp - the object dies with its last external reference.
//
// Use kref when nothing hands the object out again after the last put(). If a cache may, use kcref;
// if the object lives and dies with a parent, use plain; if "in use" and "not yet freed" are two
// questions, use dual.
//
//   struct session : lastout::kref<session> { ... };
//   lastout::external<session> s = lastout::make<session>(id);
//
//   state      external references   leaves it by
//   dead       none yet              birth, in make()
//   live       1 .. count_max        get, get_not_zero, put
//   dead       none                  nothing: release runs once, in the last put()
//   saturated  too many to count     nothing: reported once, leaked on purpose
//
// Hook: `void release() noexcept`, run once by the last put; default: delete. It takes the object
// off its lists, under their lock, before it frees. It may be private with `friend
// lastout::reference_access`.
//
// Source: Brown, LWN 336224, "The kref style"; Akaros's kref document. Record:
// docs/design/0001-counted-word.md.

#pragma once

#include <cstdint>

#include <lastout/external.hpp>
#include <lastout/refcount.hpp>
#include <lastout/release.hpp>
#include <lastout/type_name.hpp>

namespace lastout {
inline namespace LASTOUT_ABI {

/// Adds a count to T (4 bytes, no vtable). Word: refcount, external_word, locked_word, local_word.
template <class T, class Word = refcount>
class kref {
 public:
  using counted_root = T;
  using word_type = Word;

  kref(const kref&) = delete;  // a copy of the object would not be a copy of its references
  kref& operator=(const kref&) = delete;

  /// True before birth and once release has begun: no reference can ever be made again.
  [[nodiscard]] bool dead() const noexcept { return word_.dead(); }
  /// The external references at some moment during the call. For reports only: see rule 12.
  [[nodiscard]] std::uint32_t references() const noexcept { return word_.references(); }

 protected:
  constexpr kref() noexcept = default;
  ~kref() {
    if (!word_.dead()) [[unlikely]]
      report(violation::destroyed_in_use, {type_name<T>(), this}, "destroy", word_.references());
  }

 private:
  friend struct reference_access;

  static constexpr bool may_be_refused = true;  // no structure has a reference of its own

  void birth_reference() noexcept { word_.birth(1, who()); }
  void get_reference() const noexcept { word_.get(who()); }
  void get_references(std::uint32_t n) const noexcept { word_.get(n, who()); }
  bool get_reference_not_zero() const noexcept
    requires requires(Word& word, subject who) { word.get_not_zero(who); }
  {
    return word_.get_not_zero(who());
  }
  void put_reference() const noexcept {
    if (word_.put(who())) [[unlikely]]
      last_put();
  }
  LASTOUT_OUT_OF_LINE void last_put() const noexcept { run_release(*self()); }

  T* self() const noexcept { return const_cast<T*>(static_cast<const T*>(this)); }
  subject who() const noexcept { return {type_name<T>(), static_cast<const T*>(this)}; }

  mutable Word word_;
};

}  // namespace LASTOUT_ABI
}  // namespace lastout
