// reference.cpp - get and put of one object by copying a handle.

#include <lastout/external.hpp>
#include <lastout/kref.hpp>

#if LASTOUT_LEDGER
#include <lastout/ledger.hpp>
#endif

#include <vector>

#include "task.hpp"

namespace bench {
namespace {

struct alignas(apart) held : lastout::kref<held> {};

// Where one object in so many is tracked, this is one of the others: the rows of the cache have both.
struct chosen {
  chosen() {
    do {
      all.push_back(lastout::make<held>());
    } while (stands_out(*all.back()));
  }
  static bool stands_out([[maybe_unused]] const held& object) {
#if LASTOUT_LEDGER
    return lastout::ledger::settings().find("share=") != std::string::npos &&
           !lastout::ledger::about(&object).empty();
#else
    return false;
#endif
  }
  std::vector<lastout::external<held>> all;
};

struct copy {
  using object = chosen;
  struct hand {
    explicit hand(object& of) : mine(of.all.back()) {}
    void once() noexcept {
      const lastout::external<held> another = mine;
      use(another.address());
    }
    lastout::external<held> mine;
  };
};

}  // namespace

subject copy_a_reference() { return describe<copy>("kref", role::ours); }

}  // namespace bench
