// rule_04 - a proof says which mutex it holds, which std::lock_guard cannot.
// expect: no matching (member )?function
#include <mutex>

#include <lastout/internal.hpp>
#include <lastout/kref.hpp>

struct session : lastout::kref<session> {};

lastout::external<session> find(const lastout::internal<session>& listed, std::mutex& mutex) {
#ifdef MUST_NOT_COMPILE
  const std::lock_guard<std::mutex> lock(mutex);
#else
  const std::unique_lock<std::mutex> lock(mutex);
#endif
  return listed.get_not_zero(lock);
}
