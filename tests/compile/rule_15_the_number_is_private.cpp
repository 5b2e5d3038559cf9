// rule_15 - no bias: users see states and counts, never the number that spells them.
// expect: is private within this context|is a private member
#include <cstdint>

#include <lastout/refcount.hpp>

std::uint32_t look(lastout::refcount& word) {
#ifdef MUST_NOT_COMPILE
  return word.word_.load(lastout::order::relaxed);
#else
  return word.state() == lastout::count_state::live ? word.references() : 0;
#endif
}
