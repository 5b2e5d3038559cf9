// rule_06 - resurrect never fails but is legal only under the lock: an object's style and its lock
// are in the call.
// expect: has no member named|no member named
#include <mutex>
#include <tuple>

#include <lastout/kcref.hpp>
#include <lastout/kref.hpp>

struct session : lastout::kref<session> {};
struct inode : lastout::kcref<inode, std::mutex> {
  std::tuple<std::mutex&> locks() noexcept { return {mutex}; }
  void unlink(const idle_proof&) noexcept {}
  lastout::fate idle(const idle_proof&) noexcept { return lastout::fate::keep; }
  std::mutex mutex;
};

#ifdef MUST_NOT_COMPILE
using object = session;
#else
using object = inode;
#endif

lastout::external<object> revive(object& in, const std::unique_lock<std::mutex>& lock) {
  return in.resurrect(lock);
}
