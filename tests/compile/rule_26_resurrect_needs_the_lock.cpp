// rule_26 - a kcref is resurrected under the subsystem's lock: its guard is in the signature.
// expect: no matching (member )?function
#include <mutex>
#include <tuple>

#include <lastout/kcref.hpp>

struct inode : lastout::kcref<inode, std::mutex> {
  explicit inode(std::mutex& m) : mutex(m) {}
  std::tuple<std::mutex&> locks() noexcept { return {mutex}; }
  void unlink(const idle_proof&) noexcept {}
  lastout::fate idle(const idle_proof&) noexcept { return lastout::fate::keep; }
  std::mutex& mutex;
};

lastout::external<inode> revive(inode& in) {
  const std::unique_lock<std::mutex> lock(in.mutex);
#ifdef MUST_NOT_COMPILE
  return in.resurrect();
#else
  return in.resurrect(lock);
#endif
}
