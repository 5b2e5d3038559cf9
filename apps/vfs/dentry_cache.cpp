// dentry_cache.cpp - look-up, names that change, and letting go.

#include <vfs/dentry_cache.hpp>

#include <bit>
#include <functional>
#include <utility>
#include <vector>

#include <lastout/internal.hpp>

namespace lastout::vfs {

dentry_cache::dentry_cache(std::size_t buckets)
    : mask_(std::bit_ceil(buckets) - 1), buckets_(std::make_unique<bucket[]>(mask_ + 1)) {}

std::size_t dentry_cache::hash_of(const dentry& parent, std::string_view name) noexcept {
  const std::size_t mixed = reinterpret_cast<std::uintptr_t>(&parent) / 64 * 0x9e3779b97f4a7c15;
  return std::hash<std::string_view>{}(name) ^ mixed ^ mixed >> 32;
}

dentry_shard& dentry_cache::shard_of(const void* address) noexcept {
  return shards_[reinterpret_cast<std::uintptr_t>(address) / 512 % shards_.size()];
}

external<dentry> dentry_cache::find(dentry& parent, std::string_view name) {
  const std::size_t hash = hash_of(parent, name);
  bucket& home = bucket_of(hash);
  for (;;) {
    std::unique_lock<std::mutex> guard(home.lock);
    dentry* each = home.first;
    while (each != nullptr &&
           (each->hash_ != hash || each->parent_.address() != &parent || each->name_ != name)) {
      each = each->chain_next_;
    }
    if (each == nullptr) return {};
    // relaxed: a hint
    if (!each->used_.load(order::relaxed)) each->used_.store(true, order::relaxed);
    if (!each->idle_now()) {
      external<dentry> found = internal<dentry>(*each, home.lock).get_not_zero(guard);
      if (found) return found;
    }
    // Idle. On the chain, so not killed; with its own lock it cannot be killed, and may be
    // resurrected. It stays in its idle shard, and is skipped there.
    const std::unique_lock<std::mutex> own(each->lock_, std::try_to_lock);
    if (own.owns_lock()) return each->resurrect(own);
    guard.unlock();
    relax();
  }
}

external<dentry> dentry_cache::add(dentry& parent, std::string_view name, external<inode> of) {
  external<dentry> made =
      make<dentry>(*this, parent.super(), external<dentry>::get(parent), name, std::move(of));
  if (!made) return made;
  made->hash_ = hash_of(parent, name);
  put_on_parent(*made);
  put_on_chain(*made);
  return made;
}

external<dentry> dentry_cache::make_root(superblock& super, external<inode> of) {
  return make<dentry>(*this, super, external<dentry>(), "", std::move(of));
}

void dentry_cache::take_name(dentry& unlinked) {
  const std::lock_guard<std::mutex> own(unlinked.lock_);
  take_off_chain(unlinked);
}

void dentry_cache::move(dentry& moved, dentry& to, std::string_view name) {
  external<dentry> parent = external<dentry>::get(to);
  const std::lock_guard<std::mutex> own(moved.lock_);
  take_off_chain(moved);
  const bool other = moved.parent_ != parent;
  if (other) take_off_parent(moved);
  swap(moved.parent_, parent);
  moved.name_ = name;
  moved.hash_ = hash_of(to, name);
  if (other) put_on_parent(moved);
  put_on_chain(moved);
}

void dentry_cache::put_on_chain(dentry& in) noexcept {
  bucket& home = bucket_of(in.hash_);
  const std::lock_guard<std::mutex> guard(home.lock);
  in.chain_next_ = std::exchange(home.first, &in);
  in.hashed_.store(true, order::relaxed);  // relaxed, here and below: the locks order it
}

void dentry_cache::take_off_chain(dentry& gone) noexcept {
  if (!gone.named()) return;
  bucket& home = bucket_of(gone.hash_);
  const std::lock_guard<std::mutex> guard(home.lock);
  dentry** at = &home.first;
  while (*at != &gone) at = &(*at)->chain_next_;
  *at = gone.chain_next_;
  gone.hashed_.store(false, order::relaxed);
}

void dentry_cache::put_on_parent(dentry& in) noexcept {
  dentry& parent = *in.parent_;
  const std::lock_guard<std::mutex> guard(parent.children_lock_);
  in.sibling_previous_ = nullptr;
  in.sibling_next_ = parent.first_child_;
  if (parent.first_child_ != nullptr) parent.first_child_->sibling_previous_ = &in;
  parent.first_child_ = &in;
}

void dentry_cache::take_off_parent(dentry& gone) noexcept {
  dentry& parent = *gone.parent_;
  const std::lock_guard<std::mutex> guard(parent.children_lock_);
  (gone.sibling_previous_ != nullptr ? gone.sibling_previous_->sibling_next_
                                     : parent.first_child_) = gone.sibling_next_;
  if (gone.sibling_next_ != nullptr) gone.sibling_next_->sibling_previous_ = gone.sibling_previous_;
}

void dentry_shard::push_back(dentry& in) noexcept {
  in.idle_previous_ = last;
  in.idle_next_ = nullptr;
  (last != nullptr ? last->idle_next_ : first) = &in;
  last = &in;
  in.idle_listed_ = true;
  ++size;
}

void dentry_shard::remove(dentry& out) noexcept {
  (out.idle_previous_ != nullptr ? out.idle_previous_->idle_next_ : first) = out.idle_next_;
  (out.idle_next_ != nullptr ? out.idle_next_->idle_previous_ : last) = out.idle_previous_;
  out.idle_listed_ = false;
  --size;
}

// From the parent to the children, against the order: the child's locks are only tried. A child is
// on the list until somebody with both of its locks takes it off, under the list's lock: so it
// stays in place while we have either.
bool dentry_cache::prune_one(dentry& parent, bool& again) {
  std::unique_lock<std::mutex> children(parent.children_lock_);
  for (dentry* child = parent.first_child_; child != nullptr; child = child->sibling_next_) {
    std::unique_lock<std::mutex> own(child->lock_, std::try_to_lock);
    if (!own.owns_lock()) return again = true;
    if (!child->idle_now())
      continue;  // idle() comes under the lock that we have: it will see the parent without name
    std::unique_lock<std::mutex> shard(child->shard_.lock, std::try_to_lock);
    if (!shard.owns_lock()) return again = true;
    children.unlock();
    const killed<dentry> gone = child->kill_idle(shard, own);
    own.unlock();
    shard.unlock();
    return true;
  }
  return false;
}

void dentry_cache::prune(dentry& dead_parent) {
  for (bool again = false; prune_one(dead_parent, again); again = false) {
    if (again) relax();
  }
}

std::size_t dentry_cache::shrink(std::size_t bytes) {
  std::size_t freed = 0;
  const std::size_t share = bytes / shards_.size() + sizeof(dentry);
  for (std::size_t i = 0; i < 2 * shards_.size() && freed < bytes; ++i) {
    // relaxed: only spreads the work
    dentry_shard& from = shards_[hand_.fetch_add(1, order::relaxed) % shards_.size()];
    std::vector<killed<dentry>> gone;  // freed after the lock: each puts its parent and its inode
    std::unique_lock<std::mutex> shard(from.lock);
    for (std::size_t left = from.size;
         left != 0 && from.first != nullptr && gone.size() * sizeof(dentry) < share; --left) {
      dentry& next = *from.first;
      from.remove(next);
      if (!next.idle_now()) continue;  // used since; it comes back when it is idle again
      if (next.used_.exchange(false, order::relaxed)) {  // relaxed: a hint
        from.push_back(next);
        continue;
      }
      std::unique_lock<std::mutex> own(next.lock_, std::try_to_lock);
      if (!own.owns_lock()) {
        from.push_back(next);
        continue;
      }
      killed<dentry> dead = next.kill_idle(shard, own);
      if (!dead) continue;
      dentry::count_evicted();
      gone.push_back(std::move(dead));
    }
    freed += gone.size() * sizeof(dentry);
  }
  return freed;
}

void dentry_cache::evict(const superblock& super) {
  for (dentry_shard& from : shards_) {
    std::vector<killed<dentry>> gone;
    std::unique_lock<std::mutex> shard(from.lock);
    for (dentry* next = from.first; next != nullptr;) {
      dentry& each = *std::exchange(next, next->idle_next_);
      if (&each.super() != &super) continue;
      std::unique_lock<std::mutex> own(each.lock_);
      killed<dentry> dead = each.kill_idle(shard, own);
      if (dead) gone.push_back(std::move(dead));
    }
  }
}

}  // namespace lastout::vfs
