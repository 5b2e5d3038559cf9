// rule_26 - an internal reference to a plain becomes an external one by the parent's rule only.
// expect: no matching (member )?function
#include <mutex>

#include <lastout/internal.hpp>
#include <lastout/plain.hpp>

struct page;
struct buffer : lastout::plain<buffer, page> {};
struct page : lastout::plain_parent<page, buffer> {};

lastout::external<buffer> find(page& parent, buffer& child, std::mutex& mutex) {
  const std::unique_lock<std::mutex> lock(mutex);
#ifdef MUST_NOT_COMPILE
  (void)parent;
  return lastout::internal<buffer>(child, mutex).get_not_zero(lock);
#else
  return parent.get(child);
#endif
}
