// pid_nth.cpp - Akaros's pid_nth(): puts a process while it holds the lock that the process's release
// takes.
//
// Akaros, kern/src/process.c: the walk over the process table gets each process and puts those that it
// does not want, all under pid_hash_lock. When one of these puts is the last one, release waits for
// pid_hash_lock. Rule 45.
//
// It hangs only when a process ends in just that moment. The ledger looks at each put as if it were
// the last: it has seen which locks a process's release takes.
//
// says: ^lastout: violation put_under_its_lock in put of processes::process at 0x
// stack: guilty_pid_nth
// says: ^  the lock at 0x[0-9a-f]+ was taken by this thread, at
// stack: guilty_pid_nth
// says: ^  and release took it, at
// stack: process::release

#include <cstddef>
#include <map>
#include <mutex>
#include <utility>
#include <vector>

#include <lastout/internal.hpp>
#include <lastout/kref.hpp>
#include <lastout/lock_watch.hpp>
#include <lastout/spin_lock.hpp>

#include "reproduction.hpp"

namespace processes {

using lastout::external;
using pid_lock = lastout::watched<lastout::spin_lock>;

struct process;

struct table {
  pid_lock lock;
  std::map<int, lastout::internal<process, pid_lock>> by_pid;
};

struct process : lastout::kref<process> {
  process(table& in, int pid) : in_(in), pid_(pid) {
    const std::lock_guard held(in.lock);
    in.by_pid.emplace(pid, lastout::internal<process, pid_lock>(*this, in.lock));
  }
  [[gnu::noinline]] void release() noexcept {
    {
      const std::lock_guard held(in_.lock);
      in_.by_pid.erase(pid_);
    }
    delete this;
  }

 private:
  table& in_;
  const int pid_;
};

[[gnu::noinline]] static external<process> guilty_pid_nth(table& in, std::size_t nth) {
  const std::unique_lock held(in.lock);
  for (const auto& [pid, each] : in.by_pid) {
    external<process> found = each.get_not_zero(held);
    if (!found) continue;
    if (nth-- == 0) return found;
    found.put();  // the bug: if this is the last one
  }
  return {};
}

static external<process> pid_nth(table& in, std::size_t nth) {
  std::vector<external<process>> passed;  // put when the lock is free
  const std::unique_lock held(in.lock);
  for (const auto& [pid, each] : in.by_pid) {
    external<process> found = each.get_not_zero(held);
    if (!found) continue;
    if (nth-- == 0) return found;
    passed.push_back(std::move(found));
  }
  return {};
}

}  // namespace processes

int main(int count, char** words) {
  const bool broken = bugs::asked(count, words) == bugs::variant::broken;
  processes::table table;
  lastout::make<processes::process>(table, 1).put();  // one that came and went
  const auto init = lastout::make<processes::process>(table, 2);
  const auto shell = lastout::make<processes::process>(table, 3);
  const auto found = broken ? processes::guilty_pid_nth(table, 1) : processes::pid_nth(table, 1);
  return found == shell ? 0 : 1;
}
