// mount.hpp - a mount whose pins are revoked when its last user goes: what a user builds on dual.
//
// The article's exercise: `mnt_pinned` counts accounting files that are open on the file system and
// must not keep it mounted. Here a user is an active reference, a pin is a passive one with a
// call-back. The last user runs deactivate(), which takes each pin off the list and calls its owner
// back; who takes the pin off, the owner or the revocation, is decided under the mount's lock.
//
// Lock order: the mount's lock is innermost; no call-back runs under it.

#pragma once

#include <mutex>
#include <utility>

#include <lastout/dual.hpp>

namespace rules {

template <class Lock, class Base>
class pinned_mount;

/// What an owner leaves on a mount: to be called back when the mount ends.
/// Requires  the pin outlives its stay on the list: until unpin() answers true or revoked() has
///           run.
template <class Mount>
class pin {
 public:
  virtual void revoked() noexcept = 0;

 protected:
  ~pin() = default;

 private:
  friend Mount;
  lastout::passive<Mount> keeps_;
  pin* next_ = nullptr;
};

/// Base: more for T, memory that is watched say.
struct nothing_more {};

template <class Lock = std::mutex, class Base = nothing_more>
class pinned_mount : public lastout::dual<pinned_mount<Lock, Base>, lastout::unnamed_holders>,
                     public Base {
 public:
  using pin_type = pin<pinned_mount>;

  explicit pinned_mount(int* freed = nullptr) : freed_(freed) {}
  ~pinned_mount() {
    if (freed_ != nullptr) ++*freed_;
  }

  /// Returns  false when the mount has ended: there is nothing to pin.
  bool add(pin_type& p, const lastout::passive<pinned_mount>& from) {
    const std::lock_guard<Lock> guard(lock_);
    if (ended_) return false;
    p.keeps_ = from;
    p.next_ = std::exchange(first_, &p);
    return true;
  }

  /// Returns  false when the revocation was faster: revoked() has run or will.
  bool unpin(pin_type& p) {
    lastout::passive<pinned_mount> gone;  // put after the unlocking: the lock is inside the mount
    const std::lock_guard<Lock> guard(lock_);
    for (pin_type** at = &first_; *at != nullptr; at = &(*at)->next_) {
      if (*at != &p) continue;
      *at = p.next_;
      gone = std::move(p.keeps_);
      return true;
    }
    return false;
  }

  void deactivate() noexcept {
    for (;;) {
      lastout::passive<pinned_mount> keeps;
      pin_type* next = nullptr;
      {
        const std::lock_guard<Lock> guard(lock_);
        ended_ = true;
        next = first_;
        if (next == nullptr) return;
        first_ = next->next_;
        keeps = std::move(next->keeps_);
      }
      next->revoked();  // the mount stays: `keeps` is put afterwards
    }
  }

 private:
  Lock lock_;
  pin_type* first_ = nullptr;
  bool ended_ = false;
  int* freed_;
};

}  // namespace rules
