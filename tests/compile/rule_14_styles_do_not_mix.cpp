// rule_14 - each style has a type of its own: a reference to one is no reference to another.
// expect: could not convert|no viable conversion|no viable constructor|no matching constructor
#include <mutex>
#include <tuple>
#include <utility>

#include <lastout/kcref.hpp>
#include <lastout/kref.hpp>

struct session : lastout::kref<session> {};
struct inode : lastout::kcref<inode, std::mutex> {
  std::tuple<std::mutex&> locks() noexcept { return {lock}; }
  void unlink(const idle_proof&) noexcept {}
  lastout::fate idle(const idle_proof&) noexcept { return lastout::fate::kill; }
  std::mutex lock;
};

#ifdef MUST_NOT_COMPILE
using kept = lastout::external<inode>;
#else
using kept = lastout::external<session>;
#endif

kept keep(lastout::external<session> mine) { return mine; }
