// rule_26 - an internal reference to a kref becomes an external one by get_not_zero only.
// expect: no matching (member )?function
#include <mutex>

#include <lastout/internal.hpp>
#include <lastout/kref.hpp>

struct session : lastout::kref<session> {};

lastout::external<session> find(const lastout::internal<session>& listed,
                                const std::unique_lock<std::mutex>& lock) {
#ifdef MUST_NOT_COMPILE
  return listed.resurrect(lock);
#else
  return listed.get_not_zero(lock);
#endif
}
