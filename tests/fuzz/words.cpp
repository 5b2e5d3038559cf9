// words.cpp - the counted words, all of them through the same operations, against word_model.
//
// Input: an operation in each byte, and what it needs behind it. Each word does those that it has.
// Misuse is allowed, and its report compared; only what has no meaning is left out: settling what
// was not put to zero, and leaving before settling.

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <type_traits>

#include <lastout/external_word.hpp>
#include <lastout/hit_count.hpp>
#include <lastout/local_word.hpp>
#include <lastout/locked_word.hpp>
#include <lastout/refcount.hpp>

#include "expect.hpp"
#include "input.hpp"
#include "told.hpp"
#include "word_model.hpp"

namespace {

using namespace lastout;
using fuzz::same;
using fuzz::word_model;

// One operation for a word and for its model.
enum class deed : std::uint8_t {
  birth,
  get,
  get_not_zero,
  put,
  get_many,
  put_not_last,
  put_to_zero,
  settle,
  leave,
  take_back,
  freeze,
  unfreeze,
  bury,
  bury_sole,
  resurrect,
  doom,
  saturate,
  drift
};
constexpr unsigned deeds = 18;

struct order_of {
  deed what;
  std::uint32_t n;
  count_state to;
};

// Numbers of references that are worth trying.
std::uint32_t references_of(fuzz::input& in) {
  static constexpr std::uint32_t near[] = {1,
                                           2,
                                           3,
                                           4,
                                           noted_count_max - 1,
                                           noted_count_max,
                                           noted_count_max + 1,
                                           count_max - get_max,
                                           count_max - 1,
                                           count_max};
  return near[in.below(std::size(near))];
}
std::uint32_t many_of(fuzz::input& in) {
  static constexpr std::uint32_t near[] = {1, 2, 3, get_max / 2, get_max - 1, get_max};
  return near[in.below(std::size(near))];
}

order_of read(fuzz::input& in) {
  order_of out{static_cast<deed>(in.below(deeds)), 1, count_state::dead};
  switch (out.what) {
    case deed::birth: out.n = references_of(in); break;
    case deed::get_many: out.n = many_of(in); break;
    case deed::freeze:
    case deed::unfreeze: out.n = in.below(4); break;
    case deed::bury_sole: out.n = 1 + in.below(3); break;
    case deed::doom: out.n = in.below(3); break;
    case deed::drift: out.n = 1 + in.below(64); break;
    case deed::settle: {
      static constexpr count_state to[] = {count_state::dead, count_state::idle,
                                           count_state::frozen};
      out.to = to[in.below(3)];
      break;
    }
    default: break;
  }
  return out;
}

// -1: the operation answers nothing, or the word has none of that name.
template <class Word>
int done(Word& word, const order_of& of) {
  constexpr bool full = requires { word.freeze(1); };
  constexpr bool keeps = requires { word.take_back(); };
  constexpr bool is_model = std::is_same_v<Word, word_model>;
  switch (of.what) {
    case deed::birth: word.birth(of.n); return -1;
    case deed::get:
      if constexpr (is_model) {
        word.get(1);
      } else {
        word.get();
      }
      return -1;
    case deed::get_many: word.get(of.n); return -1;
    case deed::put: return word.put();
    case deed::saturate: word.saturate(); return -1;
    default: break;
  }
  if constexpr (full) {
    switch (of.what) {
      case deed::get_not_zero: return word.get_not_zero();
      case deed::drift: {
        // As many look-ups as it takes to move a word far within its state, were they not undone.
        int answer = -1;
        for (std::uint32_t i = 0; i < of.n; ++i) answer = word.get_not_zero();
        return answer;
      }
      case deed::put_not_last: return word.put_not_last();
      case deed::put_to_zero: return word.put_to_zero();
      case deed::settle: return static_cast<int>(word.settle(of.to));
      case deed::leave: return word.leave();
      case deed::freeze: return word.freeze(of.n);
      case deed::unfreeze: word.unfreeze(of.n); return -1;
      case deed::bury: return word.bury();
      case deed::resurrect: return word.resurrect();
      case deed::doom: return word.doom(of.n);
      default: break;
    }
  }
  if constexpr (keeps) {
    switch (of.what) {
      case deed::take_back: return word.take_back();
      case deed::bury_sole: return word.bury_sole(of.n);
      default: break;
    }
  }
  return -1;
}

// A word and its model, side by side.
template <class Word>
class pair {
 public:
  void act(order_of of) {
    if (of.what == deed::put && owed_ != 0) of.what = deed::put_to_zero;
    if (!allowed(of)) return;
    const int wanted = done(model_, of);
    const int is = done(word_, of);
    told_.compare();
    same(is, wanted, "the answer");
    same(word_.state(), model_.state(), "the state");
    same(word_.references(), model_.references(), "the references");
    same(word_.dead(), model_.state() == count_state::dead, "dead()");
    if constexpr (requires { word_.doomed(); }) same(word_.doomed(), model_.doomed(), "doomed()");
    follow(of, is);
    if constexpr (std::is_same_v<Word, hit_count>) {
      if (of.what == deed::birth && is_born_) hits_ = 0;
      if (of.what == deed::get_not_zero) ++hits_;
      if (of.what == deed::drift) hits_ += of.n;
      if (!told_.any()) same(word_.hits(), hits_, "hits");
    }
  }

 private:
  // Puts that reached zero owe a settling or a leave each; nobody else settles.
  bool allowed(const order_of& of) {
    if (!full) {
      return of.what == deed::birth || of.what == deed::get || of.what == deed::get_many ||
             of.what == deed::put || of.what == deed::saturate;
    }
    switch (of.what) {
      case deed::birth: is_born_ = model_.state() == count_state::dead; return owed_ == 0;
      case deed::settle: return owed_ != 0;
      case deed::take_back: return owed_ != 0 && keeps;
      case deed::leave: return owed_ != 0 && may_leave_;
      case deed::put_to_zero: return owed_ < 20;
      case deed::bury_sole: return keeps;
      default: return true;
    }
  }
  void follow(const order_of& of, int is) {
    if (of.what == deed::put_to_zero && is == 1) ++owed_;
    if (of.what == deed::settle) {
      if (is == static_cast<int>(settled::not_ours)) {
        may_leave_ = true;
      } else {
        --owed_;
      }
    }
    if (of.what == deed::take_back) {
      if (is == 1) {
        --owed_;
      } else {
        may_leave_ = true;
      }
    }
    if (of.what == deed::leave) {
      may_leave_ = false;
      if (is == 1) --owed_;
    }
  }

  static constexpr bool full = requires(Word& word) { word.freeze(1); };
  static constexpr bool keeps = requires(Word& word) { word.take_back(); };

  fuzz::violations_told told_;
  Word word_;
  // refcount and hit_count look before they add.
  word_model model_{told_, full&& keeps};
  unsigned owed_ = 0;
  bool may_leave_ = false;
  bool is_born_ = false;
  std::int64_t hits_ = 0;
};

template <class Word>
void run(fuzz::input in, const char* name) {
  fuzz::note(name);
  pair<Word> both;
  while (in.more()) {
    const order_of next = read(in);
    fuzz::note(" ", next.what, next.n, next.to);
    both.act(next);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const fuzz::input in(data, size);
  run<refcount>(in, "refcount");
  run<hit_count>(in, "hit_count");
  run<locked_word>(in, "locked_word");
  run<local_word>(in, "local_word");
  run<external_word>(in, "external_word");
  return 0;
}
