// release_if_gt.cpp - FreeBSD's refcount_release_if_gt() (890611286ee2, 2020): a put that is not the
// last one does not publish what its holder wrote.
//
// FreeBSD: the decrement had no release order, so stores of who let go first could come after the
// free by who let go last. Rule 57.
//
// The ledger sees gets and puts, and not what lies between: not the ledger. tests/edges/rule_57_test.cpp
// explores the order; ThreadSanitizer judges this program. Lastout's own words have the order; here
// is one by hand.
//
// silent: the ledger has nothing to say
// tsan: data race
// tsan: guilty_release

#include <cstdint>
#include <thread>

#include <lastout/kref.hpp>

#include "reproduction.hpp"

namespace orders {

using lastout::external;
namespace order = lastout::order;

class guilty_word {
 public:
  void birth(std::uint32_t n, lastout::subject /*unused*/) { count_.store(n, order::release); }
  void get(lastout::subject /*unused*/) { count_.fetch_add(1, order::relaxed); }
  bool put(lastout::subject /*unused*/) {
    return count_.fetch_sub(1, order::relaxed) == 1;  // the bug: neither release nor acquire
  }
  bool dead() const { return count_.load(order::relaxed) == 0; }
  std::uint32_t references() const { return count_.load(order::relaxed); }

 private:
  lastout::atomic<std::uint32_t> count_{0};
};

template <class Word>
struct buffer : lastout::kref<buffer<Word>, Word> {
  explicit buffer(int& sum) noexcept : sum_(sum) {}
  [[gnu::noinline]] void guilty_release() noexcept {
    sum_ = wrote[0] + wrote[1];
    delete this;
  }
  void release() noexcept { guilty_release(); }
  int wrote[2] = {};

 private:
  int& sum_;
};

template <class Word>
static int two_write_and_let_go() {
  int sum = 0;
  external<buffer<Word>> first = lastout::make<buffer<Word>>(sum);
  external<buffer<Word>> second = first;
  std::thread other([&second] {
    second->wrote[1] = 1;
    second.put();
  });
  first->wrote[0] = 1;
  first.put();
  other.join();
  return sum;
}

}  // namespace orders

int main(int count, char** words) {
  const bool broken = bugs::asked(count, words) == bugs::variant::broken;
  const int sum = broken ? orders::two_write_and_let_go<orders::guilty_word>()
                         : orders::two_write_and_let_go<lastout::refcount>();
  return sum == 2 ? 0 : 1;
}
