// kcref_unlink_is_noexcept.cpp - unlink() runs in a put, under the locks.
// expect: unlink\(\) runs in a put: declare it noexcept

#include <mutex>
#include <tuple>

#include <lastout/kcref.hpp>

inline std::mutex inode_lock;

struct inode : lastout::kcref<inode, std::mutex> {
  lastout::fate idle(const idle_proof&) noexcept { return lastout::fate::kill; }
#ifdef MUST_NOT_COMPILE
  void unlink(const idle_proof&) {}
#else
  void unlink(const idle_proof&) noexcept {}
#endif
  std::tuple<std::mutex&> locks() noexcept { return inode_lock; }
};

void drop() { lastout::make<inode>().put(); }
