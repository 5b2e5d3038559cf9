// process.cpp - descriptors, children, and one end.

#include <vfs/process.hpp>

#include <algorithm>
#include <utility>

#include <vfs/file.hpp>
#include <vfs/mount.hpp>
#include <vfs/place.hpp>
#include <vfs/process_table.hpp>

namespace lastout::vfs {

process::process(process_table& table, pid_number pid)
    : table_(table), pid_(pid), directory_(std::make_unique<place>()) {}

process::~process() { leaving(pid_, "pid"); }

void process::release() noexcept {
  table_.remove(*this);  // before the memory goes, under the table's lock
  delete this;
}

bool process::dying() const {
  const std::lock_guard<std::mutex> guard(lock_);
  return dying_;
}

std::string process::describe() const {
  return "pid " + std::to_string(pid_) + (dying_ ? ", destroyed, " : ", ") +
         std::to_string(references()) + " references";
}

place process::directory() const {
  const std::lock_guard<std::mutex> guard(lock_);
  return *directory_;
}

void process::set_directory(place to) {
  const std::lock_guard<std::mutex> guard(lock_);
  if (!dying_) std::swap(*directory_, to);  // the old one is put after the lock: `to` outlives it
}

result<int> process::reserve() {
  const std::lock_guard<std::mutex> guard(lock_);
  if (dying_) return failure(ESRCH);
  const auto free =
      std::find_if(files_.begin(), files_.end(), [](const slot& each) { return !each.taken; });
  const auto fd = static_cast<int>(free - files_.begin());
  if (fd >= files_open_max) return failure(EMFILE);
  if (free == files_.end()) files_.emplace_back();
  files_[static_cast<std::size_t>(fd)].taken = true;
  return fd;
}

result<int> process::install(external<file> opened) {
  reserved its(*this);
  return its.fill(std::move(opened));
}

external<file> process::descriptor(int fd) const {
  const std::lock_guard<std::mutex> guard(lock_);
  if (fd < 0 || static_cast<std::size_t>(fd) >= files_.size()) return {};
  return files_[static_cast<std::size_t>(fd)].open;
}

external<file> process::take(int fd) {
  const std::lock_guard<std::mutex> guard(lock_);
  if (fd < 0 || static_cast<std::size_t>(fd) >= files_.size()) return {};
  slot& of = files_[static_cast<std::size_t>(fd)];
  if (of.open) of.taken = false;  // else free, or somebody's who is opening his file
  return std::move(of.open);
}

process::reserved::~reserved() {
  if (!descriptor_) return;
  const std::lock_guard<std::mutex> guard(by_.lock_);
  if (by_.dying_) return;
  slot& mine = by_.files_[static_cast<std::size_t>(*descriptor_)];
  mine.taken = false;
}

result<int> process::reserved::fill(external<file> opened) {
  const std::lock_guard<std::mutex> guard(
      by_.lock_);  // `opened` is a parameter: put, if it comes to that, after the lock
  if (!descriptor_) return descriptor_;
  if (by_.dying_) return failure(ESRCH);
  by_.files_[static_cast<std::size_t>(*descriptor_)].open = std::move(opened);
  return std::exchange(descriptor_, failure(EBADF));
}

void process::exist(external<process> itself) {
  const std::lock_guard<std::mutex> guard(lock_);
  existence_ = std::move(itself);
}

void process::inherit(const process& parent) {
  place directory;
  std::vector<slot> files;
  {
    const std::lock_guard<std::mutex> guard(parent.lock_);
    directory = *parent.directory_;
    files = parent.files_;
  }
  for (slot& each : files) each.taken = bool(each.open);
  const std::lock_guard<std::mutex> guard(lock_);
  std::swap(*directory_, directory);
  files_.swap(files);
}

bool process::destroy(int status) {
  external<process> existence;  // put last: the caller's reference may be the only other one
  std::vector<slot> files;
  place directory;
  {
    const std::lock_guard<std::mutex> guard(lock_);
    if (dying_) return false;
    dying_ = true;
    status_ = status;
    existence = std::move(existence_);
    files.swap(files_);
    std::swap(directory, *directory_);
    ended_.notify_all();
  }
  return true;
}

result<void> process::take_child(external<process> child) {
  const std::lock_guard<std::mutex> guard(lock_);
  if (dying_) return failure(EAGAIN);
  children_.push_back(std::move(child));
  return {};
}

std::vector<external<process>> process::orphans() {
  const std::lock_guard<std::mutex> guard(lock_);
  return std::exchange(children_, {});
}

bool process::wait_for_end(wait_how how) const {
  std::unique_lock<std::mutex> guard(lock_);
  if (how == wait_how::block) ended_.wait(guard, [this] { return dying_; });
  return dying_;
}

result<int> process::wait(pid_number child, wait_how how) {
  external<process> waited;
  {
    const std::lock_guard<std::mutex> guard(lock_);
    for (const external<process>& each : children_) {
      if (each->pid() == child) waited = each;
    }
  }
  if (!waited) return failure(ECHILD);
  if (!waited->wait_for_end(how)) return failure(EAGAIN);
  external<process> taken;  // the list's reference, put after the lock
  const std::lock_guard<std::mutex> guard(lock_);
  const auto at = std::find(children_.begin(), children_.end(), waited);
  if (at == children_.end()) return failure(ECHILD);  // somebody else took the status meanwhile
  taken = std::move(*at);
  children_.erase(at);
  return waited->status_;  // does not change any more
}

}  // namespace lastout::vfs
