// rule_03 - each get is put exactly once.
//
// Twins: a moved-from handle that still puts; an assignment that forgets what it held.
// Tool: random programs over handles, seeded; after each step the count is the number of handles.

#include <array>
#include <cstddef>
#include <random>
#include <utility>

#include <lastout/external.hpp>

#include "rules/support.hpp"

namespace {

using lastout::external;
using rules::verdict;

struct counted_thing {
  using counted_root = counted_thing;
  void birth_reference() noexcept { outstanding = 1; }
  void get_reference() const noexcept { ++outstanding; }
  void put_reference() const noexcept { --outstanding; }
  mutable int outstanding = 0;
};

template <class Handle>
class program {
 public:
  explicit program(unsigned seed) : random_(seed) {}

  verdict run(int steps) {
    for (int i = 0; i < steps && verdict_.held(); ++i) {
      const std::size_t operation = pick(9);
      step(operation);
      judge("after operation " + std::to_string(operation));
    }
    for (Handle& each : handles_) each.put();
    judge("at the end");
    return verdict_;
  }

 private:
  std::size_t pick(std::size_t n) { return (random_() >> 8) % n; }
  Handle& any() { return handles_[pick(handles_.size())]; }

  void step(std::size_t operation) {
    Handle& to = any();
    Handle& from = any();
    switch (operation) {
      case 0: to = from; break;
      case 1: to = std::move(from); break;
      case 2: {
        Handle copy(from);
      } break;
      case 3: {
        Handle moved(std::move(from));
      } break;
      case 4: swap(to, from); break;
      case 5: to.put(); break;
      case 6: to = Handle(external<counted_thing>::adopt(from.leak())); break;
      case 7: to = Handle(external<counted_thing>::get(objects_[pick(objects_.size())])); break;
      case 8: to = *&to; break;
    }
  }

  void judge(const std::string& when) {
    for (const counted_thing& each : objects_) {
      int held = 0;
      for (const Handle& handle : handles_) held += handle.address() == &each ? 1 : 0;
      verdict_.require(each.outstanding == held, std::to_string(each.outstanding) +
                                                     " references outstanding, " +
                                                     std::to_string(held) + " held, " + when);
    }
  }

  std::minstd_rand random_;
  std::array<counted_thing, 3> objects_;
  std::array<Handle, 5> handles_;
  verdict verdict_;
};

template <class Handle>
verdict each_get_is_put_once() {
  verdict v;
  for (unsigned seed = 1; seed <= 20; ++seed) v.require(program<Handle>(seed).run(500));
  return v;
}

// Broken: a move leaves the pointer behind, and both put.
struct keeps_when_moved : external<counted_thing> {
  using external<counted_thing>::external;
  explicit keeps_when_moved(external<counted_thing> from) noexcept
      : external<counted_thing>(std::move(from)) {}
  keeps_when_moved(const keeps_when_moved&) noexcept = default;
  keeps_when_moved(keeps_when_moved&& other) noexcept
      : external<counted_thing>(adopt(other.address())) {}
  keeps_when_moved& operator=(const keeps_when_moved&) noexcept = default;
};

// Broken: assignment forgets the reference that the handle held.
struct forgets_when_assigned : external<counted_thing> {
  using external<counted_thing>::external;
  explicit forgets_when_assigned(external<counted_thing> from) noexcept
      : external<counted_thing>(std::move(from)) {}
  forgets_when_assigned(const forgets_when_assigned&) noexcept = default;
  forgets_when_assigned& operator=(const forgets_when_assigned& other) noexcept {
    (void)leak();
    static_cast<external<counted_thing>&>(*this) = other;
    return *this;
  }
};

TEST(rule_03, each_get_is_put_once) {
  EXPECT_HELD(each_get_is_put_once<external<counted_thing>>());
}
TEST(rule_03, twin_that_keeps_when_moved_is_caught) {
  EXPECT_BROKEN(each_get_is_put_once<keeps_when_moved>());
}
TEST(rule_03, twin_that_forgets_when_assigned_is_caught) {
  EXPECT_BROKEN(each_get_is_put_once<forgets_when_assigned>());
}

}  // namespace
