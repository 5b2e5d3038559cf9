// console_control.cpp - Akaros's consclose(): takes the answer of a put for its opposite.
//
// Akaros, kern/drivers/dev/cons.c: the last close of the control file is to turn raw mode off.
// kref_put() answers true when it was the last one; the driver, ported from Plan 9 where the put
// answers how many are left, turns it off at each close but that one. Rule 8.
//
// A handle's put answers nothing: what the last one does is release(). The answer is there for who
// brings a count of his own; turned around in there, the first put releases under the others.
//
// says: ^lastout: violation put_of_anothers in release of consoles::opens<.*> at 0x
// says: ^  the last put of this object leaves references behind that were never put
// stack: guilty_close
// says: ^  held by thread
// stack: open_control

#include <cstdint>
#include <utility>

#include <lastout/kref.hpp>

#include "reproduction.hpp"

namespace consoles {

using lastout::external;
namespace order = lastout::order;

static bool raw = false;

class guilty_word {
 public:
  void birth(std::uint32_t n, lastout::subject /*unused*/) { count_.store(n, order::release); }
  void get(lastout::subject /*unused*/) { count_.fetch_add(1, order::relaxed); }
  bool put(lastout::subject /*unused*/) {
    return count_.fetch_sub(1, order::acq_rel) - 1 != 0;  // the bug: true means the last one
  }
  bool dead() const { return count_.load(order::relaxed) == 0; }
  std::uint32_t references() const { return count_.load(order::relaxed); }

 private:
  lastout::atomic<std::uint32_t> count_{0};
};

/// Those who have the control file open.
template <class Word>
struct opens : lastout::kref<opens<Word>, Word> {
  void release() noexcept {
    raw = false;
    delete this;
  }
};

template <class Word>
[[gnu::noinline]] static external<opens<Word>> open_control(opens<Word>& of) {
  return external<opens<Word>>::get(of);
}

template <class Word>
[[gnu::noinline]] static void guilty_close(external<opens<Word>>& by) {
  by.put();
}

template <class Word>
static bool raw_after_the_first_close() {
  external<opens<Word>> first = lastout::make<opens<Word>>();
  external<opens<Word>> second = open_control(*first);
  raw = true;
  guilty_close(first);
  const bool after = raw;
  second.put();
  return after && !raw;
}

}  // namespace consoles

int main(int count, char** words) {
  const bool broken = bugs::asked(count, words) == bugs::variant::broken;
  const bool kept = broken ? consoles::raw_after_the_first_close<consoles::guilty_word>()
                           : consoles::raw_after_the_first_close<lastout::refcount>();
  return kept == broken ? 1 : 0;
}
