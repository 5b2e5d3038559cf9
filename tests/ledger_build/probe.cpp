// probe.cpp - a get and a put through handles, and the same written by hand without any.

#include <lastout/external.hpp>
#include <lastout/kref.hpp>

namespace {
struct widget : lastout::kref<widget> {
  int value = 0;
};
}  // namespace

extern "C" {
void use(void* widget) noexcept;

void by_handle(widget& borrowed) noexcept {
  const lastout::external<widget> taken = lastout::external<widget>::get(borrowed);
  use(taken.address());
}

void by_hand(widget& borrowed) noexcept {
  lastout::reference_access::get(borrowed);
  use(&borrowed);
  lastout::reference_access::put(borrowed);
}
}
