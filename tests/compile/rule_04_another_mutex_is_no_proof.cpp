// rule_04 - a guard of another type of mutex protects other memory.
// expect: no matching (member )?function
#include <mutex>
#include <shared_mutex>

#include <lastout/internal.hpp>
#include <lastout/kref.hpp>

struct session : lastout::kref<session> {};

#ifdef MUST_NOT_COMPILE
using held = std::unique_lock<std::mutex>;
#else
using held = std::shared_lock<std::shared_mutex>;
#endif

lastout::external<session> find(const lastout::internal<session, std::shared_mutex>& listed,
                                const held& lock) {
  return listed.get_not_zero(lock);
}
