// rule_04 - get_not_zero is for memory that is protected: the lock's guard is in its signature.
// expect: no matching (member )?function
#include <mutex>

#include <lastout/internal.hpp>
#include <lastout/kref.hpp>

struct session : lastout::kref<session> {};

lastout::external<session> find(const lastout::internal<session>& listed,
                                const std::unique_lock<std::mutex>& lock) {
#ifdef MUST_NOT_COMPILE
  (void)lock;
  return listed.get_not_zero();
#else
  return listed.get_not_zero(lock);
#endif
}
