// stepped_word.hpp - what locked_word and local_word have in common: each operation is one step,
// done in place.
//
// The word supplies `enter(who, operation)`, which may refuse the caller, `change(step)`, which
// runs a step on its 32 bits with nobody else in between, and `look()`; this base makes the
// interface of refcount out of them. Semantics, requirements and errors are refcount's.

#pragma once

#include <cstdint>

#include <lastout/count_step.hpp>

namespace lastout {
inline namespace LASTOUT_ABI {

template <class Word>
class stepped_word {
 public:
  static constexpr std::uint32_t get_max = lastout::get_max;

  void birth(std::uint32_t n = 1, subject who = {}) noexcept {
    run(who, "birth", [n](std::uint32_t w) noexcept {
      if (word::state(w) != count_state::dead) return word::wrong(w, violation::birth_of_a_live);
      return word::step{.next = word::live(n), .yes = true};
    });
  }
  void get(subject who = {}) noexcept { get(1, who); }
  void get(std::uint32_t n, subject who = {}) noexcept {
    run(who, "get", [n](std::uint32_t w) noexcept { return word::get(w, n); });
  }
  [[nodiscard]] bool get_not_zero(subject who = {}) noexcept {
    return run(who, "get_not_zero", word::get_not_zero);
  }
  [[nodiscard]] bool put(subject who = {}) noexcept {
    if (!put_to_zero(who)) return false;
    for (;;) {
      if (settle(count_state::dead) != settled::not_ours) return true;
      if (leave(who)) return false;
    }
  }
  [[nodiscard]] bool put_not_last(subject who = {}) noexcept {
    return run(who, "put_not_last", word::put_not_last);
  }
  [[nodiscard]] bool put_to_zero(subject who = {}) noexcept { return run(who, "put", word::put); }
  [[nodiscard]] settled settle(count_state to) noexcept {
    bool doomed = false;
    const bool ours = run({}, "settle", [to, &doomed](std::uint32_t w) noexcept {
      doomed = word::counting(w) && word::open(w).doomed;
      return word::settle(w, to);
    });
    if (!ours) return settled::not_ours;
    return doomed ? settled::ours_doomed : settled::ours;
  }
  [[nodiscard]] bool leave(subject who = {}) noexcept { return run(who, "put", word::leave); }
  [[nodiscard]] bool freeze(std::uint32_t n) noexcept {
    return run({}, "freeze", [n](std::uint32_t w) noexcept { return word::freeze(w, n); });
  }
  void unfreeze(std::uint32_t n, subject who = {}) noexcept {
    run(who, "unfreeze", [n](std::uint32_t w) noexcept { return word::unfreeze(w, n); });
  }
  [[nodiscard]] bool bury(subject who = {}) noexcept { return run(who, "bury", word::bury); }
  [[nodiscard]] bool resurrect(subject who = {}) noexcept {
    return run(who, "resurrect", word::resurrect);
  }
  bool doom(std::uint32_t drop = 0, subject who = {}) noexcept {
    return run(who, "doom", [drop](std::uint32_t w) noexcept { return word::doom(w, drop); });
  }
  void saturate() noexcept { run({}, "saturate", word::saturate); }

  [[nodiscard]] bool dead() const noexcept { return state() == count_state::dead; }
  [[nodiscard]] count_state state() const noexcept { return word::state(self().look()); }
  [[nodiscard]] std::uint32_t references() const noexcept {
    return word::references(self().look());
  }

 private:
  friend Word;
  constexpr stepped_word() noexcept = default;

  const Word& self() const noexcept { return static_cast<const Word&>(*this); }

  // Misuse is told after the step, so that a handler may use the word.
  template <class Step>
  bool run(subject who, const char* operation, Step step) noexcept {
    std::uint32_t seen = 0;
    word::step done{};
    if (!self().enter(who, operation)) [[unlikely]]
      return false;
    static_cast<Word&>(*this).change([&](std::uint32_t w) noexcept {
      seen = w;
      done = step(w);
      return done.next;
    });
    if (done.misuse) [[unlikely]]
      tell(done.which, who, operation, seen);
    return done.yes;
  }

  LASTOUT_COLD void tell(violation what, subject who, const char* operation,
                         std::uint32_t seen) const noexcept {
    if (who.object == nullptr) who.object = this;
    report(what, who, operation, word::references(seen), name(word::state(seen)));
  }
};

}  // namespace LASTOUT_ABI
}  // namespace lastout
