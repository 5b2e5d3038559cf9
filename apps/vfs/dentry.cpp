// dentry.cpp - names up to the root, and the list of children.

#include <vfs/dentry.hpp>

#include <mutex>
#include <utility>
#include <vector>

#include <lastout/internal.hpp>

namespace lastout::vfs {

dentry::dentry(superblock& super, external<dentry> parent, std::string_view name,
               external<inode> of)
    : inode_(of.leak()), name_(std::move(parent), name), super_(super) {
  census::charge(kind::dentry, static_cast<std::ptrdiff_t>(name_.bytes_besides()));
}

dentry::~dentry() {
  inode* const held = of();
  leaving(held != nullptr ? held->ino() : 0, name_.text());
  leave_parent();
  census::charge(kind::dentry, -static_cast<std::ptrdiff_t>(name_.bytes_besides()));
  const external<inode> gone = external<inode>::adopt(held);
}

std::string dentry::path() const {
  std::vector<std::string> names{name()};
  for (external<dentry> up = parent(); up; up = up->parent()) names.push_back(up->name());
  std::string out;
  for (std::size_t i = names.size() - 1; i-- > 0;) out.append(1, '/').append(names[i]);
  if (out.empty()) out.assign(1, '/');
  return out;
}

std::string dentry::describe() const {
  const inode* const is = of();
  const std::string what =
      is != nullptr ? std::to_string(is->ino()) : std::string("none (negative)");
  return path() + ", ino " + what + ", " + std::to_string(references()) + " references";
}

void dentry::bind(external<inode> now) noexcept {
  // (1) pairs with (2) in of
  inode_.store(now.leak(), order::release);
}

void dentry::join_parent() noexcept {
  dentry& parent = *name_.directory_now();
  const std::lock_guard<spin_lock> guard(parent.children_lock_);
  sibling_previous_ = nullptr;
  sibling_next_ = parent.first_child_;
  if (sibling_next_ != nullptr) sibling_next_->sibling_previous_ = this;
  parent.first_child_ = this;
  listed_ = true;
}

void dentry::leave_parent() noexcept {
  dentry* const parent = name_.directory_now();
  if (parent == nullptr) return;
  const std::lock_guard<spin_lock> guard(parent->children_lock_);
  if (!std::exchange(listed_, false)) return;
  (sibling_previous_ != nullptr ? sibling_previous_->sibling_next_ : parent->first_child_) =
      sibling_next_;
  if (sibling_next_ != nullptr) sibling_next_->sibling_previous_ = sibling_previous_;
}

void dentry::move(entry_name::change& now) noexcept {
  const auto before = static_cast<std::ptrdiff_t>(name_.bytes_besides());
  leave_parent();
  name_.take_on(now);
  join_parent();
  census::charge(kind::dentry, static_cast<std::ptrdiff_t>(name_.bytes_besides()) - before);
}

external<dentry> dentry::take_child() noexcept {
  std::unique_lock<spin_lock> guard(children_lock_);
  while (first_child_ != nullptr) {
    dentry& child = *std::exchange(first_child_, first_child_->sibling_next_);
    if (first_child_ != nullptr) first_child_->sibling_previous_ = nullptr;
    child.listed_ = false;
    external<dentry> taken = internal<dentry, spin_lock>(child, children_lock_).get_not_zero(guard);
    if (taken) return taken;
  }
  return {};
}

}  // namespace lastout::vfs
