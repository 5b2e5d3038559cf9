// dentry.cpp - names up to the root, and what becomes of an unused dentry.

#include <vfs/dentry.hpp>

#include <utility>
#include <vector>

#include <vfs/dentry_cache.hpp>

namespace lastout::vfs {
namespace {

// A string keeps short names in itself.
std::ptrdiff_t bytes_besides(const std::string& name) noexcept {
  return name.capacity() > std::string().capacity()
             ? static_cast<std::ptrdiff_t>(name.capacity() + 1)
             : 0;
}

}  // namespace

dentry::dentry(dentry_cache& cache, superblock& super, external<dentry> parent,
               std::string_view name, external<inode> of)
    : cache_(cache),
      shard_(cache.shard_of(this)),
      super_(super),
      top_(!parent),
      inode_(of.leak()),
      parent_(std::move(parent)),
      name_(name) {
  census::charge(kind::dentry, bytes_besides(name_));
}

dentry::~dentry() {
  inode* const held = of();
  leaving(held != nullptr ? held->ino() : 0, name_);
  census::charge(kind::dentry, -bytes_besides(name_));
  const external<inode> gone = external<inode>::adopt(held);
}

external<dentry> dentry::parent() const {
  const std::lock_guard<std::mutex> guard(lock_);
  return parent_;
}

std::string dentry::name() const {
  const std::lock_guard<std::mutex> guard(lock_);
  return name_;
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

std::tuple<std::mutex&, std::mutex&> dentry::locks() noexcept { return {shard_.lock, lock_}; }

fate dentry::idle(const idle_proof&) noexcept {
  // An unnamed parent is dead: a child that stayed would pin it. prune() looks under our own lock
  // for those before us.
  if (top_ || !named() || super_.dismantling() || (!parent_->top_ && !parent_->named()))
    return fate::kill;
  if (!idle_listed_) shard_.push_back(*this);
  return fate::keep;
}

void dentry::unlink(const idle_proof&) noexcept {
  cache_.take_off_chain(*this);
  if (idle_listed_) shard_.remove(*this);
  if (parent_) cache_.take_off_parent(*this);
}

}  // namespace lastout::vfs
