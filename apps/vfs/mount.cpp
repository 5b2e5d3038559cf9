// mount.cpp - birth, end and name.

#include <vfs/mount.hpp>

#include <utility>

#include <vfs/store.hpp>

namespace lastout::vfs {

mount::mount(std::uint64_t number, active<superblock> super, external<dentry> root, place on)
    : number_(number), super_(std::move(super)), root_(std::move(root)), on_(std::move(on)) {}

mount::~mount() { leaving(super_->disk().number(), super_->disk().name()); }

std::string mount::describe() const {
  return "of device \"" + super_->disk().name() + "\", " + std::to_string(references()) +
         " references";
}

}  // namespace lastout::vfs
