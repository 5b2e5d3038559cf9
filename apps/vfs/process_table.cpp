// process_table.cpp - making, finding, listing.

#include <vfs/process_table.hpp>

#include <utility>

namespace lastout::vfs {

external<process> process_table::create(const process* parent) {
  // relaxed: only unique
  external<process> made = make<process>(*this, next_.fetch_add(1, order::relaxed));
  if (!made) return made;
  made->exist(made);
  if (parent != nullptr) made->inherit(*parent);  // before anybody can find it
  if (!processes_.insert(made)) {
    made->destroy(0);
    made.put();
  }
  return made;
}

external<process> process_table::find(pid_number pid) {
  external<process> found = processes_.find(pid);
  if (found && found->dying()) found.put();
  return found;
}

std::vector<external<process>> process_table::all() {
  std::vector<external<process>> out;
  processes_.for_each([&out](external<process> each) { out.push_back(std::move(each)); });
  return out;
}

}  // namespace lastout::vfs
