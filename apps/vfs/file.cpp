// file.cpp - what an open file says of itself, and how it leaves the superblock's list.

#include <vfs/file.hpp>

#include <fcntl.h>

#include <utility>

namespace lastout::vfs {

file::file(active<superblock> super, place found, int flags, pid_number by, source_line opened_at)
    : super_(std::move(super)),
      found_(std::move(found)),
      flags_(flags),
      opened_by_(by),
      opened_at_(opened_at) {}

file::~file() {
  const inode* const of = found_.name->of();  // none: creating it has failed
  leaving(of == nullptr ? 0 : of->ino(), found_.name->name());
}

void file::release() noexcept {
  super_->remove(*this);  // before the memory goes, under the list's lock
  delete this;
}

bool file::readable() const noexcept { return (flags_ & O_ACCMODE) != O_WRONLY; }
bool file::writable() const noexcept { return (flags_ & O_ACCMODE) != O_RDONLY; }
bool file::appends() const noexcept { return (flags_ & O_APPEND) != 0; }

std::string file::describe() const {
  std::string source = opened_at_.file;
  source.erase(0, source.find_last_of('/') + 1);
  return found_.name->path() + " of device \"" + super_->disk().name() + "\", opened by pid " +
         std::to_string(opened_by_) + " at " + source + ":" + std::to_string(opened_at_.line) +
         " in " + opened_at_.function;
}

}  // namespace lastout::vfs
