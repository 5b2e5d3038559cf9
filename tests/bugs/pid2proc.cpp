// pid2proc.cpp - Akaros's pid2proc(), before it had get_not_zero: a plain get of what the table refers
// to.
//
// Akaros, kern/src/process.c: the table holds no reference. A process whose last reference has gone
// stands in there until its release has taken it out, and a look-up in that moment revived it. It was
// the reason for kref_get_not_zero. Rule 4.
//
// Lastout's count is dead when release begins: the get is refused and reported.
//
// says: ^lastout: violation get_once_dead in get of processes::process at 0x
// stack: guilty_pid2proc
// says: ^  it was released by thread .* ago, at$
// stack: proc_decref

#include <map>
#include <mutex>

#include <lastout/internal.hpp>
#include <lastout/kref.hpp>

#include "reproduction.hpp"

namespace processes {

using lastout::external;

struct process;

struct table {
  struct entry {
    process* by_address;
    lastout::internal<process> by_reference;
  };
  std::mutex lock;
  std::map<int, entry> by_pid;
  // A signal that comes for a process: it looks its process up.
  external<process> (*looks_up)(table& in, int pid) = nullptr;
  bool found = false;
};

struct process : lastout::kref<process> {
  process(table& in, int pid) noexcept : in_(in), pid_(pid) {}
  void release() noexcept {
    in_.found = static_cast<bool>(in_.looks_up(in_, pid_));  // comes while this one goes
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

[[gnu::noinline]] static external<process> guilty_pid2proc(table& in, int pid) {
  const std::lock_guard held(in.lock);
  const auto found = in.by_pid.find(pid);
  if (found == in.by_pid.end()) return {};
  return external<process>::get(*found->second.by_address);  // the bug
}

static external<process> pid2proc(table& in, int pid) {
  const std::unique_lock held(in.lock);
  const auto found = in.by_pid.find(pid);
  if (found == in.by_pid.end()) return {};
  return found->second.by_reference.get_not_zero(held);
}

[[gnu::noinline]] static void proc_decref(external<process>& last) { last.put(); }

}  // namespace processes

int main(int count, char** words) {
  const bool broken = bugs::asked(count, words) == bugs::variant::broken;
  processes::table table;
  table.looks_up = broken ? processes::guilty_pid2proc : processes::pid2proc;
  auto init = lastout::make<processes::process>(table, 1);
  table.by_pid.emplace(1, processes::table::entry{init.address(), {*init, table.lock}});
  processes::proc_decref(init);
  return table.found == broken ? 0 : 1;
}
