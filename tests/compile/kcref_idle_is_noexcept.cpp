// kcref_idle_is_noexcept.cpp - idle() is asked in a put, under the locks.
// expect: idle\(\) runs in a put: declare it noexcept

#include <mutex>
#include <tuple>

#include <lastout/kcref.hpp>

inline std::mutex inode_lock;

struct inode : lastout::kcref<inode, std::mutex> {
#ifdef MUST_NOT_COMPILE
  lastout::fate idle(const idle_proof&) { return lastout::fate::kill; }
#else
  lastout::fate idle(const idle_proof&) noexcept { return lastout::fate::kill; }
#endif
  void unlink(const idle_proof&) noexcept {}
  std::tuple<std::mutex&> locks() noexcept { return inode_lock; }
};

void drop() { lastout::make<inode>().put(); }
