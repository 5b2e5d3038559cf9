// styles.cpp - the styles through their handles: kref on three words, kcref with two locks and with
// none, dual, plain; each against word_model and a list of who holds what.
//
// Input: the first byte is the style; then operations on a few handles of a few objects. What is
// released stands in a graveyard until the input is over, so that misuse which the library survives
// can be done on purpose: a put too many, a get of the dead, a proof of another lock. Each violation
// is foreseen.

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <span>
#include <tuple>
#include <utility>
#include <vector>

#include <lastout/dual.hpp>
#include <lastout/existence_ref.hpp>
#include <lastout/external.hpp>
#include <lastout/external_word.hpp>
#include <lastout/internal.hpp>
#include <lastout/kcref.hpp>
#include <lastout/kref.hpp>
#include <lastout/local_word.hpp>
#include <lastout/locked_word.hpp>
#include <lastout/plain.hpp>

#include "expect.hpp"
#include "input.hpp"
#include "told.hpp"
#include "word_model.hpp"

namespace {

using namespace lastout;
using fuzz::check;
using fuzz::input;
using fuzz::note;
using fuzz::same;
using fuzz::violations_told;
using fuzz::word_model;

constexpr unsigned slots = 6;

// What the hooks of an object have been called.
struct calls {
  int released = 0;
  int unlinked = 0;
  int asked = 0;
  int deactivated = 0;
};

// Objects of the style T and what the model knows of them. T has `calls seen`, and its release()
// frees nothing: the memory goes with the world.
template <class T>
class graveyard {
 public:
  struct about {
    about(T* of, violations_told& told, bool late) : object(of), word(told, late) {}
    T* object;
    word_model word;
    calls wanted;
  };

  explicit graveyard(violations_told& told) : told_(told) {}
  graveyard(const graveyard&) = delete;
  graveyard& operator=(const graveyard&) = delete;
  // A count that is not dead is told when its object is destroyed.
  ~graveyard() {
    for (about& each : all_) {
      if (each.word.state() != count_state::dead) told_.expect(violation::destroyed_in_use);
      delete each.object;
      told_.compare();
    }
  }

  about& add(T& object, bool late) { return all_.emplace_back(&object, told_, late); }
  about& of(const T* object) {
    for (about& each : all_)
      if (each.object == object) return each;
    fuzz::fail("an object that nobody made", std::source_location::current());
  }
  about* any(input& in) {
    if (all_.empty()) return nullptr;
    auto at = all_.begin();
    std::advance(at, in.below(static_cast<unsigned>(all_.size())));
    return &*at;
  }
  [[nodiscard]] std::size_t size() const { return all_.size(); }

  void compare() {
    told_.compare();
    for (about& each : all_) {
      const calls& is = each.object->seen;
      same(is.released, each.wanted.released, "releases");
      same(is.unlinked, each.wanted.unlinked, "unlinks");
      same(is.asked, each.wanted.asked, "idle() asked");
      same(is.deactivated, each.wanted.deactivated, "deactivations");
    }
  }

 private:
  violations_told& told_;
  std::list<about> all_;
};

// What every style's external<T> does. The style says what its word does in `Rules`:
//   static void got(about&), static bool found(about&), static void put(about&)
template <class T, class Rules>
class handles {
 public:
  using about = typename graveyard<T>::about;

  handles(graveyard<T>& all, violations_told& told) : all_(all), told_(told) {}

  void add(external<T> got) { put_away(std::move(got)); }

  // Returns  false when it was none of these.
  bool step(unsigned which, input& in) {
    external<T>& a = held_[in.below(slots)];
    external<T>& b = held_[in.below(slots)];
    switch (which) {
      case 0: {
        note("copy");
        T* const was = b.address();
        if (was != nullptr) Rules::got(all_.of(was));
        external<T> copy = b;
        same(copy.address(), was, "a copy is of the same object");
        lose(a);
        a = std::move(copy);
        check(!copy, "a handle that was moved from is empty");
        return true;
      }
      case 1: {
        note("copy assignment, to itself too");
        T* const was = b.address();
        T* const old = a.address();
        if (was != nullptr) Rules::got(all_.of(was));
        if (old != nullptr) Rules::put(all_.of(old));
        a = b;
        same(a.address(), was, "assigned");
        return true;
      }
      case 2: {
        note("move assignment, to itself too");
        T* const was = b.address();
        T* const old = a.address();
        if (old != nullptr && &a != &b) Rules::put(all_.of(old));
        a = std::move(b);
        same(a.address(), was, "moved");
        if (&a != &b) check(!b, "and the other one is empty");
        return true;
      }
      case 3:
        note("put");
        lose(a);
        check(!a, "a handle that has put is empty");
        return true;
      case 4:
        note("swap");
        swap(a, b);
        return true;
      case 5: {
        note("get");
        if (!b) return true;
        about& of = all_.of(b.address());
        Rules::got(of);
        external<T> more = external<T>::get(*b);
        same(static_cast<bool>(more), of.word.state() != count_state::dead, "got");
        put_away(std::move(more));
        return true;
      }
      case 6: {
        if (!b) return true;
        about& of = all_.of(b.address());
        std::array<external<T>, 3> more;
        const std::size_t n = in.below(4);
        note("get_each", n);
        // n at once, as one step: so the model does, too.
        if (n != 0) of.word.get(static_cast<std::uint32_t>(n));
        external<T>::get_each(*b, std::span(more).first(n));
        for (std::size_t i = 0; i < n; ++i) put_away(std::move(more[i]));
        return true;
      }
      case 7: {
        note("leak");
        if (!a || leaked_.size() > 8) return true;
        leaked_.push_back(a.leak());
        check(!a, "a handle that has leaked is empty");
        return true;
      }
      case 8: {
        if (leaked_.empty()) return true;
        note("adopt");
        T* const back = leaked_.back();
        leaked_.pop_back();
        adopt(back);
        return true;
      }
      case 9: {
        // Misuse: what nobody gave away. The count cannot see whose reference that was.
        about* const of = all_.any(in);
        if (of == nullptr || !in.once_in(2)) return true;
        note("adopt too many");
        adopt(of->object);
        return true;
      }
      case 10: {
        note("an existence reference, and its end");
        existence_ref<T> alive(std::move(a));
        check(!a, "taken over");
        external<T> back = alive.end();
        check(!alive.end(), "it ends once");
        a = std::move(back);
        return true;
      }
      case 11: {
        same(a == b, a.address() == b.address(), "equality is of objects");
        same(static_cast<bool>(a), a.address() != nullptr, "empty or not");
        if (!a) return true;
        const external<const T> reads = a_copy(a);
        same(reads.address(), a.address(), "a reference to const is one to the object");
        Rules::put(all_.of(a.address()));
        return true;
      }
      default: return false;
    }
  }

  void end() {
    for (external<T>& each : held_) lose(each);
    while (!leaked_.empty()) {
      T* const back = leaked_.back();
      leaked_.pop_back();
      adopt(back);
    }
    for (external<T>& each : held_) lose(each);
  }

  external<T>& any(input& in) { return held_[in.below(slots)]; }
  void put_away(external<T> got) {
    external<T>& into = held_[next_++ % slots];
    lose(into);
    into = std::move(got);
  }
  void lose(external<T>& gone) {
    if (gone) Rules::put(all_.of(gone.address()));
    gone.put();
  }

 private:
  external<T> a_copy(external<T>& of) {
    Rules::got(all_.of(of.address()));
    return of;
  }
  void adopt(T* counted) {
    about& of = all_.of(counted);
    const bool dead = of.word.state() == count_state::dead;
    if (dead) told_.expect(violation::adopt_once_dead);
    external<T> back = external<T>::adopt(counted);
    same(static_cast<bool>(back), !dead, "adopt() takes over what there is");
    put_away(std::move(back));
  }

  graveyard<T>& all_;
  violations_told& told_;
  std::array<external<T>, slots> held_;
  std::vector<T*> leaked_;
  unsigned next_ = 0;
};

// kref, on each word.

template <class Word>
struct session : kref<session<Word>, Word> {
  void release() noexcept { ++seen.released; }
  calls seen;
};
template <class T>
struct rules_of_kref {
  using about = typename graveyard<T>::about;
  static void got(about& of) { of.word.get(1); }
  static void put(about& of) {
    if (of.word.put()) ++of.wanted.released;
  }
};

template <class Word>
void run_kref(input in, bool late) {
  using thing = session<Word>;
  violations_told told;
  graveyard<thing> all(told);
  handles<thing, rules_of_kref<thing>> held(all, told);
  std::mutex list_lock;
  std::mutex other_lock;
  while (in.more()) {
    const unsigned which = in.below(14);
    if (!held.step(which, in)) {
      if (which == 12 && all.size() < 8) {
        note("make");
        external<thing> made = make<thing>();
        all.add(*made, late).word.birth(1);
        held.add(std::move(made));
      } else if (auto* const of = all.any(in)) {
        if constexpr (!std::is_same_v<Word, external_word>) {
          const internal<thing> listed(*of->object, list_lock);
          std::unique_lock<std::mutex> proof(in.once_in(8) ? other_lock : list_lock);
          if (in.once_in(8)) proof.unlock();
          const bool proves = proof.owns_lock() && proof.mutex() == &list_lock;
          if (!proves)
            told.expect(proof.owns_lock() ? violation::wrong_lock : violation::lock_not_held);
          note("get_not_zero", proves);
          const bool wanted = proves && of->word.get_not_zero();
          external<thing> got = listed.get_not_zero(proof);
          same(static_cast<bool>(got), wanted, "get_not_zero");
          held.add(std::move(got));
        }
      }
    }
    all.compare();
    for (auto* of = all.any(in); of != nullptr; of = nullptr) {
      same(of->object->references(), of->word.references(), "references()");
      same(of->object->dead(), of->word.state() == count_state::dead, "dead()");
    }
  }
  held.end();
  all.compare();
}

// kcref with two locks.

// A lock for one thread, which can be asked.
class flag_lock {
 public:
  void lock() {
    check(!held_, "a lock is not taken twice");
    held_ = true;
  }
  void unlock() {
    check(held_, "a lock that is given back is held");
    held_ = false;
  }
  bool try_lock() { return !std::exchange(held_, true); }
  [[nodiscard]] bool held() const { return held_; }

 private:
  bool held_ = false;
};
flag_lock first_lock, second_lock, third_lock;

struct entry : kcref<entry, flag_lock, flag_lock> {
  static std::tuple<flag_lock&, flag_lock&> locks() noexcept { return {first_lock, second_lock}; }
  fate idle(const idle_proof&) noexcept {
    ++seen.asked;
    check(first_lock.held() && second_lock.held(), "the locks are held");
    return keeps ? fate::keep : fate::kill;
  }
  void unlink(const idle_proof&) noexcept {
    ++seen.unlinked;
    check(seen.released == 0, "unlink comes before release");
  }
  void release() noexcept {
    ++seen.released;
    check(!first_lock.held() && !second_lock.held(), "no lock is held");
  }
  calls seen;
  bool keeps = true;
};
struct rules_of_kcref {
  using about = graveyard<entry>::about;
  static void got(about& of) { of.word.get(1); }
  static void put(about& of) {
    if (!of.word.put_to_zero()) return;
    const bool doomed = of.word.settle(count_state::idle) == settled::ours_doomed;
    if (!doomed) ++of.wanted.asked;
    if (!doomed && of.object->keeps) return;
    ++of.wanted.unlinked;
    (void)of.word.bury();
    ++of.wanted.released;
  }
};

void run_kcref(input in) {
  violations_told told;
  graveyard<entry> all(told);
  handles<entry, rules_of_kcref> held(all, told);
  std::array<std::pair<killed<entry>, graveyard<entry>::about*>, 3> tokens{};
  const auto drop_token = [&](auto& token) {
    if (token.second != nullptr) ++token.second->wanted.released;
    token = {};
  };
  while (in.more()) {
    const unsigned which = in.below(18);
    if (held.step(which, in)) {
      // done
    } else if (which == 12 && all.size() < 8) {
      note("make");
      external<entry> made = make<entry>();
      made->keeps = in.flip();
      all.add(*made, true).word.birth(1);
      held.add(std::move(made));
    } else if (which == 13) {
      if (auto* const of = all.any(in)) {
        of->object->keeps = in.flip();
        note("keeps", of->object->keeps);
      }
    } else if (which == 14) {
      external<entry>& of = held.any(in);
      if (of) {
        note("kill_on_put");
        (void)all.of(of.address()).word.doom(0);
        of.kill_on_put();
      }
    } else if (which == 15) {
      drop_token(tokens[in.below(3)]);
    } else if (auto* const of = all.any(in)) {
      entry& it = *of->object;
      flag_lock* const any_lock[] = {&first_lock, &second_lock, &third_lock, &first_lock};
      std::unique_lock<flag_lock> one(*any_lock[in.below(4)]);
      if (in.once_in(8)) one.unlock();
      const bool ours = one.owns_lock() && one.mutex() != &third_lock;
      const violation why = one.owns_lock() ? violation::wrong_lock : violation::lock_not_held;
      if (which == 16) {
        const bool looks = in.flip();
        note(looks ? "get_not_zero" : "resurrect", ours);
        if (looks) {
          const internal<entry, flag_lock> listed(it, first_lock);
          const bool proves = ours && one.mutex() == &first_lock;
          if (!proves) told.expect(why == violation::lock_not_held ? why : violation::wrong_lock);
          const bool wanted = proves && of->word.get_not_zero();
          external<entry> got = listed.get_not_zero(one);
          one = {};
          same(static_cast<bool>(got), wanted, "get_not_zero");
          held.add(std::move(got));
        } else {
          if (!ours) told.expect(why);
          const bool wanted = ours && of->word.resurrect();
          if (ours && !wanted) told.expect(violation::resurrect_once_dead);
          external<entry> got = it.resurrect(one);
          one = {};
          same(static_cast<bool>(got), wanted, "resurrect");
          held.add(std::move(got));
        }
      } else if (which == 17) {
        one = {};
        std::unique_lock<flag_lock> a(first_lock);
        std::unique_lock<flag_lock> b(in.once_in(8) ? third_lock : second_lock);
        if (in.once_in(8)) a.unlock();
        const bool all_held = a.owns_lock();
        const bool right = all_held && b.mutex() == &second_lock;
        note("kill_idle", right);
        if (!right) told.expect(all_held ? violation::wrong_lock : violation::lock_not_held);
        const bool wanted = right && of->word.state() == count_state::idle;
        if (wanted) {
          ++of->wanted.unlinked;
          (void)of->word.bury();
        }
        killed<entry> gone = it.kill_idle(a, b);
        if (a.owns_lock()) a.unlock();
        b.unlock();
        same(static_cast<bool>(gone), wanted, "kill_idle");
        if (gone) {
          same(&*gone, &it, "the token is of the object");
          auto& token = tokens[in.below(3)];
          if (token.second != nullptr) ++token.second->wanted.released;
          token.first = std::move(gone);
          token.second = of;
          check(!gone, "a token that was moved from is empty");
        }
      }
    }
    all.compare();
    for (auto* of = all.any(in); of != nullptr; of = nullptr) {
      same(of->object->references(), of->word.references(), "references()");
      same(of->object->dead(), of->word.state() == count_state::dead, "dead()");
      same(of->object->idle_now(), of->word.state() == count_state::idle, "idle_now()");
    }
  }
  held.end();
  for (auto& token : tokens) drop_token(token);
  all.compare();
}

// kcref without a lock: the structure has one reference of its own.

struct page : kcref<page> {
  fate idle(const idle_proof& proof) noexcept {
    ++seen.asked;
    check(proof.reclaimed(), "idle() is asked by reclaim()");
    return keeps ? fate::keep : fate::kill;
  }
  void unlink(const idle_proof&) noexcept { ++seen.unlinked; }
  void release() noexcept { ++seen.released; }
  calls seen;
  bool keeps = true;
};
struct rules_of_page {
  using about = graveyard<page>::about;
  static void got(about& of) { of.word.get(1); }
  static void put(about& of) {
    if (!of.word.put_to_zero()) return;
    if (of.word.settle(count_state::dead) == settled::ours_doomed) {
      ++of.wanted.unlinked;
      ++of.wanted.released;
    } else {
      told->expect(violation::put_at_zero);  // a put too many has taken the structure's own
    }
  }
  static inline violations_told* told = nullptr;
};

void run_lock_free_kcref(input in) {
  violations_told told;
  rules_of_page::told = &told;
  graveyard<page> all(told);
  handles<page, rules_of_page> held(all, told);
  std::mutex list_lock;
  while (in.more()) {
    const unsigned which = in.below(17);
    if (held.step(which, in)) {
      // done
    } else if (which == 12 && all.size() < 8) {
      note("make");
      external<page> made = make<page>();
      made->keeps = in.flip();
      all.add(*made, true).word.birth(2);
      held.add(std::move(made));
    } else if (which == 13) {
      if (auto* const of = all.any(in)) of->object->keeps = in.flip();
    } else if (which == 14) {
      external<page>& of = held.any(in);
      if (of) {
        note("kill_on_put");
        (void)all.of(of.address()).word.doom(1);
        of.kill_on_put();
      }
    } else if (auto* const of = all.any(in)) {
      if (which == 15) {
        note("reclaim");
        bool wanted = of->word.freeze(1);
        if (wanted) {
          ++of->wanted.asked;
          if (of->object->keeps) {
            of->word.unfreeze(1);
            wanted = false;
          } else {
            ++of->wanted.unlinked;
            wanted = of->word.bury();
          }
        }
        {
          const killed<page> gone = of->object->reclaim();
          same(static_cast<bool>(gone), wanted, "reclaim");
          if (gone) same(of->object->seen.released, of->wanted.released, "not yet released");
        }
        if (wanted) ++of->wanted.released;
      } else {
        note("get_not_zero");
        const std::unique_lock<std::mutex> proof(list_lock);
        const internal<page> listed(*of->object, list_lock);
        const bool wanted = of->word.get_not_zero();
        external<page> got = listed.get_not_zero(proof);
        same(static_cast<bool>(got), wanted, "get_not_zero");
        held.add(std::move(got));
      }
    }
    all.compare();
    for (auto* of = all.any(in); of != nullptr; of = nullptr) {
      const std::uint32_t counted = of->word.references();
      const std::uint32_t own = of->word.doomed() || counted == 0 ? 0 : 1;
      same(of->object->references(), counted - own, "references(), the structure's left out");
      same(of->object->dead(), of->word.state() == count_state::dead, "dead()");
    }
  }
  held.end();
  all.compare();
}

// dual: active and passive.

struct super : dual<super> {
  void deactivate() noexcept {
    ++seen.deactivated;
    check(seen.released == 0, "deactivate() comes before release()");
  }
  void release() noexcept { ++seen.released; }
  calls seen;
};

struct dual_model {
  std::uint32_t active_n = 1, passive_n = 1;
  bool closed = false, inactive = false, leaked = false;
};

class dual_world {
 public:
  explicit dual_world(input in) : in_(in) {}
  dual_world(const dual_world&) = delete;
  dual_world& operator=(const dual_world&) = delete;
  ~dual_world() {
    for (about& each : all_) {
      const dual_model& is = each.is;
      if (is.leaked || is.active_n != 0 || is.passive_n != 0)
        told_.expect(violation::destroyed_in_use);
      delete each.object;
      told_.compare();
    }
  }

  void run() {
    while (in_.more()) {
      step();
      compare();
    }
    for (active<super>& each : active_) put(each);
    for (passive<super>& each : passive_) put(each);
    compare();
  }

 private:
  struct about {
    super* object;
    dual_model is;
    calls wanted;
  };

  about& of(const super* object) {
    for (about& each : all_)
      if (each.object == object) return each;
    fuzz::fail("an object that nobody made", std::source_location::current());
  }

  void misused(about& it, violation what) {
    told_.expect(what);
    it.is.leaked = true;
    it.is.closed = true;
  }
  void put_active(about& it) {
    if (it.is.leaked) {
      // Where the object was over, the count of active references is none: each put is misuse.
      if (it.is.inactive) told_.expect(violation::put_at_zero);
      return;
    }
    if (it.is.active_n == 0) return misused(it, violation::put_at_zero);
    if (--it.is.active_n != 0) return;
    ++it.wanted.deactivated;
    it.is.inactive = true;
    put_passive(it);
  }
  void put_passive(about& it) {
    if (it.is.leaked) return;
    if (it.is.passive_n == 0) return misused(it, violation::put_at_zero);
    if (--it.is.passive_n == 0) ++it.wanted.released;
  }
  void get_passive(about& it) {
    if (it.is.leaked) return;
    if (it.is.passive_n == 0) return misused(it, violation::get_at_zero);
    ++it.is.passive_n;
  }

  void put(active<super>& gone) {
    if (gone) put_active(of(gone.address()));
    gone.put();
    check(!gone, "empty once put");
  }
  void put(passive<super>& gone) {
    if (gone) put_passive(of(gone.address()));
    gone.put();
    check(!gone, "empty once put");
  }
  void keep(active<super> got) {
    active<super>& into = active_[in_.below(slots)];
    put(into);
    into = std::move(got);
  }
  void keep(passive<super> got) {
    passive<super>& into = passive_[in_.below(slots)];
    put(into);
    into = std::move(got);
  }
  about* any() {
    if (all_.empty()) return nullptr;
    auto at = all_.begin();
    std::advance(at, in_.below(static_cast<unsigned>(all_.size())));
    return &*at;
  }

  void step() {
    active<super>& a = active_[in_.below(slots)];
    passive<super>& p = passive_[in_.below(slots)];
    switch (in_.below(13)) {
      case 0: {
        if (all_.size() >= 6) return;
        note("make_active");
        active<super> made = make_active<super>();
        all_.push_back({made.address(), {}, {}});
        return keep(std::move(made));
      }
      case 1: {
        if (!a) return;
        note("share");
        about& it = of(a.address());
        const bool wanted = !it.is.closed;
        if (wanted && it.is.active_n == 0) misused(it, violation::get_at_zero);
        if (wanted && !it.is.leaked) ++it.is.active_n;
        active<super> more = a.share();
        same(static_cast<bool>(more), wanted, "share() while it is open");
        return keep(std::move(more));
      }
      case 2: {
        if (!a) return;
        note("get_passive");
        get_passive(of(a.address()));
        return keep(a.get_passive());
      }
      case 3: note("put active"); return put(a);
      case 4: note("put passive"); return put(p);
      case 5: {
        if (!p) return;
        note("get_active");
        about& it = of(p.address());
        const bool wanted = !it.is.closed && it.is.active_n != 0;
        if (wanted) ++it.is.active_n;
        active<super> more = p.get_active("fuzz");
        same(static_cast<bool>(more), wanted, "get_active() while it is in use and open");
        return keep(std::move(more));
      }
      case 6: {
        about* const it = any();
        if (it == nullptr) return;
        note("internal, get_not_zero");
        const std::unique_lock<std::mutex> proof(lock_);
        const internal<super> listed(*it->object, lock_);
        const bool wanted = !it->is.closed && it->is.active_n != 0;
        if (wanted) ++it->is.active_n;
        active<super> more = listed.get_not_zero(proof);
        same(static_cast<bool>(more), wanted, "get_not_zero while it is in use and open");
        return keep(std::move(more));
      }
      case 7: {
        about* const it = any();
        if (it == nullptr) return;
        note("passive, get_not_zero");
        const bool wanted = it->is.leaked || it->is.passive_n != 0;
        if (wanted && !it->is.leaked) ++it->is.passive_n;
        passive<super> more = passive<super>::get_not_zero(*it->object);
        same(static_cast<bool>(more), wanted, "a passive one while there is one");
        return keep(std::move(more));
      }
      case 8: {
        note("copy passive, to itself too");
        passive<super>& q = passive_[in_.below(slots)];
        if (p) get_passive(of(p.address()));
        if (q) put_passive(of(q.address()));
        super* const was = p.address();
        q = p;
        return same(q.address(), was, "copied");
      }
      case 9: {
        note("move, to itself too");
        active<super>& b = active_[in_.below(slots)];
        super* const was = a.address();
        if (b && &a != &b) put_active(of(b.address()));
        b = std::move(a);
        return same(b.address(), was, "moved");
      }
      case 10: {
        about* const it = any();
        if (it == nullptr) return;
        note("close");
        it->object->close();
        it->is.closed = true;
        return;
      }
      case 11: {
        about* const it = any();
        if (it == nullptr) return;
        note("drain");
        const drained is = it->object->drain({});
        same(is.complete, it->is.inactive, "drained when the last active one has gone");
        if (!it->is.leaked)
          same(is.holding, it->is.inactive ? 0 : it->is.active_n, "how many are left");
        return;
      }
      default: {
        // Misuse: an active reference that nobody gave away.
        about* const it = any();
        if (it == nullptr || !in_.once_in(2)) return;
        note("adopt too many");
        return keep(active<super>::adopt(it->object));
      }
    }
  }

  void compare() {
    told_.compare();
    for (about& each : all_) {
      const super& is = *each.object;
      same(is.seen.released, each.wanted.released, "releases");
      same(is.seen.deactivated, each.wanted.deactivated, "deactivations");
      same(is.closed(), each.is.closed, "closed()");
      same(is.inactive(), each.is.inactive, "inactive()");
      unsigned named = 0;
      is.for_each_holder([&](const holder&) { ++named; });
      unsigned held = 0;
      for (const active<super>& one : active_) held += one.address() == each.object ? 1 : 0;
      same(named, held, "each active reference names its holder");
      if (each.is.leaked) continue;
      same(is.active_references(), each.is.active_n, "active references");
      same(is.passive_references(), each.is.passive_n, "passive references");
    }
  }

  input in_;
  violations_told told_;
  std::list<about> all_;
  std::mutex lock_;
  std::array<active<super>, slots> active_;
  std::array<passive<super>, slots> passive_;
};

// plain: children of a parent.

struct frame;
struct buffer : plain<buffer, frame> {
  void release() noexcept { ++seen.released; }
  calls seen;
};
struct frame : plain_parent<frame, buffer> {};
struct rules_of_plain {
  using about = graveyard<buffer>::about;
  static void got(about& of) { of.word.get(1); }
  static void put(about& of) {
    if (of.word.put()) told->expect(violation::put_at_zero);  // the parent's own
  }
  static inline violations_told* told = nullptr;
};

void run_plain(input in) {
  violations_told told;
  rules_of_plain::told = &told;
  graveyard<buffer> all(told);
  std::array<frame, 2> parents;
  std::array<std::vector<graveyard<buffer>::about*>, 2> children;
  handles<buffer, rules_of_plain> held(all, told);
  while (in.more()) {
    const unsigned which = in.below(16);
    const unsigned parent = in.below(2);
    if (held.step(which, in)) {
      // done
    } else if (which == 12) {
      if (all.size() < 10) {
        note("add");
        buffer* const made = parents[parent].add();
        auto& of = all.add(*made, true);
        of.word.birth(1);
        children[parent].push_back(&of);
        same(&made->parent(), &parents[parent], "a child knows its parent");
      }
    } else if (which == 13) {
      note("purge");
      bool wanted = true;
      for (auto* each : children[parent])
        wanted = wanted && each->word.state() == count_state::live && each->word.references() == 1;
      if (wanted) {
        for (auto* each : children[parent]) {
          (void)each->word.bury_sole(1);
          ++each->wanted.released;
        }
        children[parent].clear();
      }
      same(parents[parent].purge(), wanted, "purge() frees all, or none");
      same(parents[parent].empty(), children[parent].empty(), "empty()");
    } else if (auto* const of = all.any(in)) {
      note("get from a parent");
      bool its = false;
      for (auto* each : children[parent]) its = its || each == of;
      const bool mine = &of->object->parent() == &parents[parent];
      if (!mine) told.expect(violation::wrong_parent);
      const bool wanted = mine && of->word.get_not_zero();
      external<buffer> got = parents[parent].get(*of->object);
      same(static_cast<bool>(got), wanted, "get() of a child");
      held.add(std::move(got));
      std::size_t n = 0;
      parents[parent].for_each([&](buffer&) { ++n; });
      same(n, children[parent].size(), "for_each meets all children");
    }
    all.compare();
    for (auto* of = all.any(in); of != nullptr; of = nullptr) {
      const std::uint32_t counted = of->word.references();
      same(of->object->references(), counted == 0 ? 0 : counted - 1, "references()");
    }
  }
  held.end();
  for (unsigned i = 0; i < 2; ++i) {
    bool clean = true;
    for (auto* each : children[i])
      clean = clean && each->word.state() == count_state::live && each->word.references() == 1;
    if (!clean) {
      // The parent would tell, and leave them; that is looked at, and then they are ours.
      told.expect(violation::destroyed_in_use);
    } else {
      for (auto* each : children[i]) {
        (void)each->word.bury_sole(1);
        ++each->wanted.released;
      }
    }
    parents[i].~frame();
    told.compare();
    new (&parents[i]) frame;
  }
  all.compare();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 2048) return 0;
  input in(data, size);
  const unsigned style = in.below(8);
  note("style", style);
  switch (style) {
    case 0: run_kref<refcount>(in, true); break;
    case 1: run_kref<locked_word>(in, false); break;
    case 2: run_kref<local_word>(in, false); break;
    case 3: run_kref<external_word>(in, false); break;
    case 4: run_kcref(in); break;
    case 5: run_lock_free_kcref(in); break;
    case 6: dual_world(in).run(); break;
    default: run_plain(in); break;
  }
  return 0;
}
