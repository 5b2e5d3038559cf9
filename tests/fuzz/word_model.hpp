// word_model.hpp - what a counted word is, said a second time: states and a count, as numbers apart.
//
// Written from the tables of count_state.hpp and refcount.hpp, not from count_step.hpp: the fuzzer
// compares the two. One thread; so a put that reached zero is followed by its own settling, unless
// the input lets a get_not_zero come in between, which is noted as the real words note it.

#pragma once

#include <cstdint>
#include <ostream>
#include <utility>

#include <lastout/count_state.hpp>
#include <lastout/violation.hpp>

#include "told.hpp"

namespace fuzz {

using lastout::count_state;
using lastout::settled;
using lastout::violation;

inline std::ostream& operator<<(std::ostream& out, count_state state) {
  return out << lastout::name(state);
}

class word_model {
 public:
  /// `late`: as refcount, which looks at the word before its own addition: a count that has grown
  /// past the largest one is noticed by the next operation that counts, and a put may come first.
  word_model(violations_told& told, bool late) : told_(&told), late_(late) {}

  [[nodiscard]] count_state state() const { return untold_ ? count_state::saturated : state_; }
  [[nodiscard]] std::uint32_t references() const {
    return state() == count_state::live ? static_cast<std::uint32_t>(references_) : 0;
  }
  [[nodiscard]] bool doomed() const { return counting() && doomed_; }
  [[nodiscard]] bool born() const { return born_; }

  void birth(std::uint32_t n) {
    if (state_ != count_state::dead) return tell(violation::birth_of_a_live);
    state_ = count_state::live;
    references_ = n;
    stalled_ = 0;
    doomed_ = false;
    born_ = true;
  }

  void get(std::uint32_t n) {
    switch (state_) {
      case count_state::live: references_ += n; return bound();
      case count_state::saturated: return;
      case count_state::dead:
        if (!born_) state_ = count_state::saturated;
        return tell(violation::get_once_dead);
      case count_state::frozen: return misused(violation::get_while_frozen);
      case count_state::zero:
      case count_state::idle: return misused(violation::get_at_zero);
    }
  }

  bool get_not_zero() {
    if (state_ == count_state::saturated) return true;
    if (!counting() && !untold_) return false;
    if (state_ == count_state::zero) ++stalled_;  // on behalf of the put that is overtaken
    state_ = count_state::live;
    ++references_;
    bound();
    return true;
  }

  /// True when that was a crossing: settle() or leave() is owed.
  bool put_to_zero() {
    switch (state_) {
      case count_state::live:
        --references_;
        if (untold_) bound();
        if (references_ != 0) return false;
        state_ = count_state::zero;
        return true;
      case count_state::saturated: return false;
      case count_state::dead: tell(violation::put_once_dead); return false;
      case count_state::frozen: misused(violation::put_while_frozen); return false;
      case count_state::zero:
      case count_state::idle: misused(violation::put_at_zero); return false;
    }
    return false;
  }
  bool put() {
    if (!put_to_zero()) return false;
    for (;;) {
      if (settle(count_state::dead) != settled::not_ours) return true;
      if (leave()) return false;
    }
  }
  bool put_not_last() {
    if (untold_ || (state_ == count_state::live && references_ == 1)) return untold_;
    (void)put_to_zero();
    return true;
  }
  settled settle(count_state to) {
    if (state_ != count_state::zero || stalled_ != 0) return settled::not_ours;
    const bool doomed = doomed_;
    state_ = to;
    doomed_ = false;
    return doomed ? settled::ours_doomed : settled::ours;
  }
  bool leave() {
    if (!counting()) return true;
    if (state_ == count_state::zero && stalled_ == 0) return false;
    --stalled_;
    return true;
  }
  bool take_back() {
    if (state_ != count_state::zero || stalled_ != 0) return false;
    state_ = count_state::live;
    references_ = 1;
    return true;
  }

  bool freeze(std::uint32_t n) {
    const bool exact = n == 0 ? state_ == count_state::idle : is_exactly(n);
    if (exact) state_ = count_state::frozen;
    return exact;
  }
  void unfreeze(std::uint32_t n) {
    if (state() == count_state::saturated) return;
    if (state_ != count_state::frozen) return tell(violation::unfreeze_unfrozen);
    state_ = n == 0 ? count_state::idle : count_state::live;
    references_ = n;
  }
  bool bury() {
    if (state_ == count_state::frozen || state_ == count_state::idle) {
      state_ = count_state::dead;
      return true;
    }
    if (state() != count_state::saturated) tell(violation::unfreeze_unfrozen);
    return false;
  }
  bool bury_sole(std::uint32_t n) {
    if (!is_exactly(n)) return false;
    state_ = count_state::dead;
    return true;
  }
  bool resurrect() {
    if (untold_) return true;
    if (state_ != count_state::idle) {
      const bool late = std::exchange(late_, false);  // by a step, not by an addition
      const bool got = get_not_zero();
      late_ = late;
      return got;
    }
    state_ = count_state::live;
    references_ = 1;
    return true;
  }
  bool doom(std::uint32_t drop) {
    if (!counting() || doomed_ || references_ <= drop) return false;
    doomed_ = true;
    references_ -= drop;
    bound();
    return true;
  }
  void saturate() {
    if (state_ != count_state::dead || !born_) state_ = count_state::saturated;
    untold_ = false;
  }

 private:
  [[nodiscard]] bool counting() const {
    return !untold_ && (state_ == count_state::live || state_ == count_state::zero);
  }
  [[nodiscard]] bool noted() const { return stalled_ != 0 || doomed_; }
  [[nodiscard]] bool is_exactly(std::uint32_t n) const {
    return !untold_ && state_ == count_state::live && references_ == n && !noted();
  }
  void tell(violation what) { told_->expect(what); }
  void misused(violation what) {
    saturate();
    tell(what);
  }
  void bound() {
    const bool known = untold_;
    untold_ = references_ > (noted() ? lastout::noted_count_max : lastout::count_max);
    if (untold_ && (known || noted() || !late_)) misused(violation::get_overflow);
  }

  violations_told* told_;
  bool late_;
  bool untold_ = false;  // past the largest count, and nobody has said so yet
  count_state state_ = count_state::dead;
  std::uint64_t references_ = 0;
  int stalled_ = 0;
  bool doomed_ = false;
  bool born_ = false;
};

}  // namespace fuzz
