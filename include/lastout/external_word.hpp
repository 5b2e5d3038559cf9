// external_word.hpp - a counted word for objects that only external references lead to: no value is
// fetched.
//
// Use it as `kref<T, external_word>` when no list and no table of T's own subsystem finds T: every
// reference is made from another one ("objects that fit this style often do not have any internal
// references to worry about", Brown). It has no get_not_zero, so internal<T>::get_not_zero does not
// compile. Use refcount when something does find T; local_word when T never leaves its thread.
//
//   state      external references   leaves it by
//   dead       none yet              birth
//   live       1 .. count_max        get, put
//   dead       none                  nothing; birth of a new object
//   saturated  too many to count     nothing: reported once, leaked on purpose
//
// The numbers are count_state.hpp's; idle, frozen and noted words do not occur. Zero is there for a
// moment, within the last put.
//
// Why it is cheaper than refcount: there, a get_not_zero may revive a zero before it is settled, so
// a put must know the very number that it made. Here nobody can, so that a put asks only whether
// the number is negative, and looks again when it is. A negative number is one of
//   zero       only the put that made it is left: who else had a reference would have kept it from
//              zero, and without a reference there is none to make. So it is alone with the word,
//              and one compare-exchange, tried once, settles it.
//   saturated  stays so; the exact number means nothing any more. Between growing past count_max
//              and being noticed the count is still exact, and a look may find it live again.
//   other      misuse: told, and the object leaks.
// The price: two looks can err, one that finds a zero which others made by 2^31 puts since, and one
// that takes a live count for another object's after 2^30 puts since. And misuse is seen less
// sharply than by refcount: a get without a reference, between a last put's subtraction and its
// exchange, is not told itself. That put tells of it, or its own put is told.
//
// Edges:
//   (1) -> (2)  put -> last put: what any holder wrote is visible to release.
//
// Source: Brown, LWN 336224, "The kref style"; rules 1-3, 6, 7, 55.
// Record: docs/design/0001-counted-word.md, 0003-acquire-not-fence.md.

#pragma once

#include <cstdint>

#include <lastout/atomic.hpp>
#include <lastout/count_step.hpp>

namespace lastout {
inline namespace LASTOUT_ABI {

class external_word {
 public:
  /// A word that is not born: dead until birth().
  constexpr external_word() noexcept = default;
  /// A word with n references. Requires  nobody else sees it yet; 1 <= n <= count_max.
  constexpr explicit external_word(std::uint32_t n) noexcept : word_(word::live(n)) {}
  external_word(const external_word&) = delete;
  external_word& operator=(const external_word&) = delete;

  /// Gives the word its first n references, once everything else of the object is initialised.
  /// Requires  the word is dead. 1 <= n <= count_max.
  /// Order     relaxed: nobody finds the object but through a reference that is handed over.
  /// Fails     violation::birth_of_a_live, and does nothing.
  void birth(std::uint32_t n = 1, subject who = {}) noexcept {
    const std::uint32_t seen = word_.load(order::relaxed);  // relaxed: only the owner of a dead
                                                            // word calls this
    if (word::state(seen) != count_state::dead) [[unlikely]]
      return tell(violation::birth_of_a_live, who, "birth", seen);
    word_.store(word::live(n), order::relaxed);  // relaxed: see above
  }

  /// Takes one more reference, from one that the caller has.
  /// Order     relaxed: the caller's own reference orders the object.
  /// Fails     violation::get_at_zero, get_once_dead; get_overflow saturates.
  /// Cost      one atomic add, of which only the sign is looked at.
  void get(subject who = {}) noexcept { get(1, who); }

  /// Takes n more references at once, for n holders who put one by one.
  /// Requires  n <= get_max.
  void get(std::uint32_t n, subject who = {}) noexcept {
    if (word::rare(word_.fetch_add(n, order::relaxed) + n)) [[unlikely]]  // relaxed: see above
      get_slow(who);
  }
  static constexpr std::uint32_t get_max = lastout::get_max;

  /// Gives one reference back.
  /// Returns   true when it was the last one: the word is dead, and everything else is the caller's
  ///           duty. false: hands off, the object may be gone.
  /// Order     (1) release; the last one also (2) acquire.
  /// Fails     violation::put_at_zero, put_once_dead; get_at_zero for a get that met a last put.
  /// Cost      one atomic subtract, of which only the sign is looked at; the last one also a
  ///           compare-exchange.
  [[nodiscard]] bool put(subject who = {}) noexcept {
    // (1) pairs with (2)
    if (word::rare(word_.fetch_sub(1, order::release) - 1)) [[unlikely]]
      return put_slow(who);
    return false;
  }

  /// Leaks the object on purpose: no put is the last one any more.
  void saturate() noexcept { change(word::saturate); }

  /// True before birth and once release has begun.
  [[nodiscard]] bool dead() const noexcept { return state() == count_state::dead; }
  /// The state at some moment during the call. For reports and for assertions, not for decisions.
  [[nodiscard]] count_state state() const noexcept {
    return word::state(word_.load(order::relaxed));  // relaxed: nothing is read because of it
  }
  /// The external references at some moment during the call. For reports only: see rule 12.
  [[nodiscard]] std::uint32_t references() const noexcept {
    return word::references(word_.load(order::relaxed));  // relaxed: nothing is read because of it
  }

 private:
  // A live count that a put or a get finds after it has made a negative one. Above this it may have
  // been past count_max for a moment; below, it is another life.
  static constexpr std::uint32_t another_life = count_max / 2;

  LASTOUT_COLD inline void get_slow(subject who) noexcept;
  LASTOUT_OUT_OF_LINE inline bool put_slow(subject who) noexcept;
  LASTOUT_COLD inline void put_rare(std::uint32_t seen, subject who) noexcept;
  LASTOUT_COLD inline void past_counting(std::uint32_t seen, subject who,
                                         const char* operation) noexcept;
  LASTOUT_COLD inline void tell(violation what, subject who, const char* operation,
                                std::uint32_t seen) const noexcept;
  inline void recentre(std::uint32_t seen) noexcept;

  // Runs one step by compare-exchange. Relaxed throughout: each of these steps leads to an object
  // that is never freed.
  template <class Step>
  bool change(Step step) noexcept {
    std::uint32_t seen = word_.load(order::relaxed);  // relaxed: see above
    for (;;) {
      const word::step done = step(seen);
      if (done.next == seen ||
          word_.compare_exchange_weak(seen, done.next, order::relaxed, order::relaxed))
        return done.yes;
    }
  }

  atomic<std::uint32_t> word_{word::unborn};
};

static_assert(sizeof(external_word) == 4);

// The paths that are not hot. The addition has been made already; each looks at the word again.

bool external_word::put_slow(subject who) noexcept {
  // It reads what our own subtraction or a later one made, and all of them since birth are
  // read-modify-writes: so that is in the release sequence of each put before it. Nobody revives a
  // zero here; it is an exchange so that of two puts that misuse has brought to zero one releases.
  std::uint32_t seen = word::zero;
  // (2) pairs with (1)
  if (word_.compare_exchange_strong(seen, word::dead, order::acquire, order::relaxed)) [[likely]]
    return true;
  put_rare(seen, who);
  return false;
}

void external_word::put_rare(std::uint32_t seen, subject who) noexcept {
  switch (word::state(seen)) {
    case count_state::saturated:
      return past_counting(seen, who, "put");  // ours, or a get's that has yet to look
    case count_state::dead: recentre(seen); return tell(violation::put_once_dead, who, "put", seen);
    case count_state::live:
      if (word::references(seen) > another_life) return;
      // Somebody without a reference got one from our zero: who frees is not known any more.
      saturate();
      return tell(violation::get_at_zero, who, "put", seen);
    default:  // below zero: whoever made the zero finds this too, and does not release
      saturate();
      return tell(violation::put_at_zero, who, "put", seen);
  }
}

void external_word::get_slow(subject who) noexcept {
  // relaxed: the answer leads to a report or to nothing
  const std::uint32_t seen = word_.load(order::relaxed);
  switch (word::state(seen)) {
    case count_state::saturated: return past_counting(seen, who, "get");
    case count_state::dead:
      // A constructor that hands its object out: birth finds it saturated, and it leaks.
      word::before_birth(seen) ? saturate() : recentre(seen);
      return tell(violation::get_once_dead, who, "get", seen);
    case count_state::live:
      if (word::references(seen) > another_life) return;
      // It was dead when we added, and a birth has overwritten that.
      saturate();
      return tell(violation::get_once_dead, who, "get", seen);
    default:  // from below zero
      saturate();
      return tell(violation::get_at_zero, who, "get", seen);
  }
}

// Many may notice that the count is past counting; who moves the word to the middle of its zone
// tells. A word that puts have made live again meanwhile is exact, and stays.
void external_word::past_counting(std::uint32_t seen, subject who, const char* operation) noexcept {
  if (!word::untold(seen)) return recentre(seen);
  const bool ours = change([](std::uint32_t w) noexcept {
    return word::untold(w) ? word::step{.next = word::saturated, .yes = true}
                           : word::stay(w, false);
  });
  if (ours) tell(violation::get_overflow, who, operation, seen);
}

// As in refcount: additions to a state without a count are brought back together, long before they
// could reach the next zone. Whoever loses the exchange leaves it to the next one.
void external_word::recentre(std::uint32_t seen) noexcept {
  constexpr std::uint32_t far = 1u << 20;
  const std::uint32_t centre =
      word::before_birth(seen) ? word::unborn : word::centre(word::state(seen));
  if (seen - centre + far <= 2 * far) return;
  // relaxed: a dead or a saturated word orders nothing
  word_.compare_exchange_strong(seen, centre, order::relaxed, order::relaxed);
}

void external_word::tell(violation what, subject who, const char* operation,
                         std::uint32_t seen) const noexcept {
  if (who.object == nullptr) who = {"external_word", this};
  report(what, who, operation, word::references(seen), name(word::state(seen)));
}

}  // namespace LASTOUT_ABI
}  // namespace lastout
