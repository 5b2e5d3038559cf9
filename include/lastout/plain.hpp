// plain.hpp - the object is subordinate to a parent, who frees all of its children at once, or
// none.
//
// Use plain when the object has no life of its own: the buffers of a page. Put only decrements;
// nothing happens at zero. The parent holds one reference to each child and gives them out; purge()
// freezes all of those, which fails when anybody uses a child, and then frees the children.
//
//   struct buffer : lastout::plain<buffer, page> { ... };
//   struct page : lastout::plain_parent<page, buffer> { ... };
//
//   state    references besides the parent's   leaves it by
//   live     any number                        purge, when all of the children have none
//   frozen   none                              purge's decision
//   dead     none                              nothing: release runs
//
// A reference to a child does not keep the parent in memory: whoever has one has one of the parent
// too, and the parent's purge() answering false is what the parent's end waits for.
//
// Source: Brown, LWN 336224, "The plain style" (buffer_head, drop_buffers); rules 14, 26, 44.
// Record: docs/design/0011-plain.md.

#pragma once

#include <cstdint>
#include <new>
#include <utility>

#include <lastout/external.hpp>
#include <lastout/refcount.hpp>

namespace lastout {
inline namespace LASTOUT_ABI {

template <class Parent, class T>
class plain_parent;

/// Adds a count, a link and the parent to T.
template <class T, class Parent>
class plain {
 public:
  using counted_root = T;
  using parent_type = Parent;

  plain(const plain&) = delete;
  plain& operator=(const plain&) = delete;

  /// The object that this one lives and dies with.
  [[nodiscard]] Parent& parent() const noexcept { return *parent_; }
  /// True before birth and once purged.
  [[nodiscard]] bool dead() const noexcept { return word_.dead(); }
  /// The references besides the parent's, at some moment during the call. For reports only.
  [[nodiscard]] std::uint32_t references() const noexcept {
    const std::uint32_t all = word_.references();
    return all == 0 ? 0 : all - own;
  }

 protected:
  constexpr plain() noexcept = default;
  ~plain() {
    if (!word_.dead()) [[unlikely]]
      report(violation::destroyed_in_use, {type_name<T>(), this}, "destroy", word_.references());
  }

 private:
  friend struct reference_access;
  friend class plain_parent<Parent, T>;

  static constexpr std::uint32_t own = 1;  // the parent's reference

  void birth_reference() noexcept { word_.birth(own, who()); }
  void get_reference() const noexcept { word_.get(who()); }
  void get_references(std::uint32_t n) const noexcept { word_.get(n, who()); }
  void put_reference() const noexcept {
    // The parent's reference is never put: a put that finds it the last one is one too many.
    if (word_.put(who())) [[unlikely]]
      report(violation::put_at_zero, who(), "put");
  }

  subject who() const noexcept { return {type_name<T>(), static_cast<const T*>(this)}; }

  mutable refcount word_;
  T* next_ = nullptr;
  Parent* parent_ = nullptr;
};

/// The parent's side. add(), purge() and for_each() need whatever guards the parent's list of
/// children (the page's lock); get() does not.
template <class Parent, class T>
class plain_parent {
 public:
  plain_parent(const plain_parent&) = delete;
  plain_parent& operator=(const plain_parent&) = delete;

  /// Makes a child.
  /// Returns   the child, borrowed from this parent; nullptr when there is no memory.
  template <class... Argument>
  T* add(Argument&&... argument) {
    T* const born = new (std::nothrow) T(std::forward<Argument>(argument)...);
    if (born == nullptr) return nullptr;
    born->parent_ = static_cast<Parent*>(this);
    born->next_ = first_;
    first_ = born;
    reference_access::birth(*born);
    return born;
  }

  /// Takes a reference to a child.
  /// Requires  a reference to this parent, and the child's memory in place: the list's lock, or a
  ///           reference to the child.
  /// Returns   the reference; empty when the child is purged, or a purge is deciding.
  /// Order     acquire.
  /// Fails     violation::wrong_parent; empty then.
  [[nodiscard]] external<T> get(T& child) noexcept {
    if (child.parent_ != static_cast<Parent*>(this)) [[unlikely]] {
      report(violation::wrong_parent, child.who(), "get", child.references());
      return {};
    }
    if (!reference_access::tell_whether_got(child, child.word_.get_not_zero(child.who())))
      return {};
    return reference_access::hand_out<external<T>>(child);
  }

  /// Frees all children, if nobody uses any of them; else none.
  /// Returns   false when one is in use: nothing was changed.
  /// Order     acquire: release sees what every holder of a child wrote.
  [[nodiscard]] bool purge() noexcept {
    for (T* child = first_; child != nullptr; child = child->next_) {
      if (child->word_.freeze(T::own)) continue;
      for (T* back = first_; back != child; back = back->next_)
        back->word_.unfreeze(T::own, back->who());
      return false;
    }
    for (T* child = std::exchange(first_, nullptr); child != nullptr;) {
      T* const dead = std::exchange(child, child->next_);
      if (!dead->word_.bury(dead->who())) continue;  // misuse has saturated the word: leak it
      reference_access::release(*dead);  // now: nothing of a child may outlast this call
    }
    return true;
  }

  /// Calls visit(T&) for each child.
  template <class Visit>
  void for_each(Visit visit) const {
    for (T* child = first_; child != nullptr; child = child->next_) visit(*child);
  }

  [[nodiscard]] bool empty() const noexcept { return first_ == nullptr; }

 protected:
  constexpr plain_parent() noexcept = default;
  ~plain_parent() {
    if (!purge()) [[unlikely]]
      report(violation::destroyed_in_use, {type_name<Parent>(), this}, "destroy");
  }

 private:
  T* first_ = nullptr;
};

}  // namespace LASTOUT_ABI
}  // namespace lastout
