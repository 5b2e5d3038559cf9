// rule_26 - a kcref is resurrected under one of its own locks: a guard of another type of mutex is
// no proof.
// expect: no matching (member )?function
#include <mutex>
#include <tuple>

#include <lastout/kcref.hpp>

struct table_lock : std::mutex {};
struct list_lock : std::mutex {};

struct inode : lastout::kcref<inode, table_lock> {
  explicit inode(table_lock& m) : mutex(m) {}
  std::tuple<table_lock&> locks() noexcept { return {mutex}; }
  void unlink(const idle_proof&) noexcept {}
  lastout::fate idle(const idle_proof&) noexcept { return lastout::fate::keep; }
  table_lock& mutex;
};

#ifdef MUST_NOT_COMPILE
using held = std::unique_lock<list_lock>;
#else
using held = std::unique_lock<table_lock>;
#endif

lastout::external<inode> revive(inode& in, const held& lock) { return in.resurrect(lock); }
