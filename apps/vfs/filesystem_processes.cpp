// filesystem_processes.cpp - spawn, destroy, wait, and who runs next.

#include <vfs/filesystem.hpp>

#include <utility>

#include <vfs/file.hpp>
#include <vfs/parts.hpp>

namespace lastout::vfs {

process& filesystem::init() noexcept { return *parts_->init; }

result<external<process>> filesystem::spawn(process& parent) {
  external<process> child = parts_->processes.create(&parent);
  if (!child) return failure(ENOMEM);
  if (const result<void> taken = parent.take_child(child); !taken) {
    child->destroy(0);
    return taken.why();
  }
  parts_->runnable.push(child);
  return child;
}

external<process> filesystem::find(pid_number pid) { return parts_->processes.find(pid); }

bool filesystem::destroy(process& gone, int status) {
  if (parts_->init == &gone) return false;
  const external<process> held =
      external<process>::get(gone);  // its existence may be the caller's only hold on it
  if (!gone.destroy(status)) return false;
  parts_->runnable.remove(gone);
  const external<process> init = parts_->init;
  std::vector<external<process>> orphans = gone.orphans();
  for (external<process>& each : orphans) {
    if (init) (void)init->take_child(std::move(each));  // refused: init is ending, and they with it
  }
  return true;
}

result<int> filesystem::wait(process& parent, pid_number child, wait_how how) {
  return parent.wait(child, how);
}

void filesystem::make_runnable(process& ready) {
  parts_->runnable.push(external<process>::get(ready));
}

external<process> filesystem::next_runnable() { return parts_->runnable.pop(); }

std::vector<pid_number> filesystem::processes() {
  std::vector<pid_number> out;
  for (const external<process>& each : parts_->processes.all()) out.push_back(each->pid());
  return out;
}

}  // namespace lastout::vfs
