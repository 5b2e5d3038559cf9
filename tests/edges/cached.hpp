// cached.hpp - the smallest cache: one entry, its lock, and an object that outlives its last user.
//
// What rules 27 to 32 look at. Style: kcref, or by_hand, which makes the mistakes.

#pragma once

#include <memory>
#include <mutex>
#include <tuple>
#include <utility>

#include <lastout/kcref.hpp>

#include "rules/explored.hpp"

namespace cached {

namespace order = lastout::order;
using lastout::external;
using lock_type = interleave::mutex;
using guard = std::unique_lock<lock_type>;

template <class T>
struct cache {
  explicit cache(lastout::fate f) : when_idle(f) {}

  lock_type lock;
  interleave::plain<T*> entry{nullptr};
  interleave::plain<bool> on_idle_list{false};
  lastout::fate when_idle;

  // Beside the scenario: seen by no thread, told by all.
  int users = 0;
  int unlinked = 0;
};

template <template <class> class Style>
struct item : rules::watched_memory, Style<item<Style>> {
  using proof = typename Style<item>::idle_proof;

  explicit item(cache<item>& c) : in(c) {}
  std::tuple<lock_type&> locks() noexcept { return {in.lock}; }
  lastout::fate idle(const proof&) noexcept {
    interleave::check(in.users == 0, "idle() is asked when nobody uses the object");
    interleave::check(!in.on_idle_list.read(), "it goes on the idle list once");
    if (in.when_idle == lastout::fate::keep) in.on_idle_list = true;
    return in.when_idle;
  }
  void unlink(const proof&) noexcept {
    interleave::check(in.users == 0, "only what nobody uses is killed");
    interleave::check(++in.unlinked == 1, "it is killed once");
    in.on_idle_list = false;
    in.entry = nullptr;
  }

  cache<item>& in;
  interleave::plain<int> value{42};  // what users read
};

/// What a user does with an object, and then puts it.
template <class T>
void use(cache<T>& c, external<T> found) {
  if (!found) return;
  ++c.users;
  interleave::check(found->value.read() == 42, "the object is whole");
  --c.users;
}

/// Looks the entry up and revives it, as is right.
struct resurrects {
  template <class T>
  static void look_up(cache<T>& c) {
    guard held(c.lock);
    T* const listed = c.entry.read();
    if (listed == nullptr) return;
    external<T> found = listed->resurrect(held);
    c.on_idle_list = false;
    ++c.users;
    held.unlock();
    --c.users;
    use(c, std::move(found));
  }
};

/// Kills the entry if nobody uses it, as is right.
struct kills_the_idle {
  template <class T>
  static void shrink(cache<T>& c) {
    guard held(c.lock);
    T* const listed = c.entry.read();
    if (listed == nullptr) return;
    const auto gone = listed->kill_idle(held);
    held.unlock();  // gone is released after the lock
  }
};

/// A kcref made by hand: what it does once its count has reached zero is AtZero's.
template <class T, class AtZero>
class by_hand {
 public:
  using counted_root = T;
  class idle_proof {};

  template <class Proof>
  external<T> resurrect(const Proof&) noexcept {
    count_.fetch_add(1, order::acquire);
    return external<T>::adopt(self());
  }
  template <class... Proof>
  std::unique_ptr<T> kill_idle(const Proof&...) noexcept {
    if (count_.load(order::acquire) != 0) return nullptr;
    self()->unlink({});
    return std::unique_ptr<T>(self());
  }
  bool idle_now() const noexcept { return count_.load(order::relaxed) == 0; }

 private:
  friend lastout::reference_access;
  void birth_reference() noexcept { count_.store(1, order::release); }
  void get_reference() const noexcept { count_.fetch_add(1, order::relaxed); }
  void put_reference() const noexcept {
    if (count_.fetch_sub(1, order::acq_rel) == 1) AtZero::run(*self(), count_);
  }
  T* self() const noexcept { return const_cast<T*>(static_cast<const T*>(this)); }

  mutable lastout::atomic<int> count_{0};
};

/// The last part of a hand-made put, under the lock.
template <class T>
std::unique_ptr<T> keep_or_kill(T& object) {
  if (object.idle({}) == lastout::fate::keep) return nullptr;
  object.unlink({});
  return std::unique_ptr<T>(&object);
}

/// One holder puts the last reference; `others` run beside it. In the end everything idle is
/// killed.
template <class T, class... Other>
interleave::result last_put_beside(interleave::options o, lastout::fate when_idle,
                                   Other... others) {
  const rules::violations_fail strict;
  return interleave::explore(o, [=](interleave::world& w) {
    auto c = std::make_shared<cache<T>>(when_idle);
    T* const made = lastout::make<T>(*c).leak();
    c->entry = made;
    c->users = 1;
    w.thread([=] {
      --c->users;
      (void)external<T>::adopt(made);
    });
    (w.thread([=] { others(*c); }), ...);
    w.finally([=] {
      kills_the_idle::shrink(*c);
      interleave::check(c->entry.read() == nullptr && c->unlinked == 1,
                        "everything is killed in the end");
    });
  });
}

inline constexpr auto look_up = [](auto& c) { resurrects::look_up(c); };
inline constexpr auto shrink = [](auto& c) { kills_the_idle::shrink(c); };

template <class T>
using real = lastout::kcref<T, lock_type>;

inline constexpr lastout::fate both_fates[] = {lastout::fate::keep, lastout::fate::kill};

}  // namespace cached
