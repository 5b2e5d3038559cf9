// inode_cache.cpp - one inode for each number.

#include <vfs/inode_cache.hpp>

#include <algorithm>
#include <utility>

namespace lastout::vfs {

inode_cache::inode_cache(std::size_t buckets) {
  buckets_.reserve(buckets);
  for (std::size_t i = 0; i < buckets; ++i)
    buckets_.push_back(std::make_unique<inode_bucket>(*this));
}

inode_cache::~inode_cache() = default;

inode_bucket& inode_cache::bucket_of(const inode_key& key) noexcept {
  const std::size_t hash =
      (key.ino * 0x9e3779b97f4a7c15 ^ reinterpret_cast<std::uintptr_t>(key.super) / 64) >> 16;
  return *buckets_[hash % buckets_.size()];
}

external<inode> inode_cache::get(superblock& super, ino_number ino) {
  const inode_key key{&super, ino};
  inode_bucket& home = bucket_of(key);
  turnstile& gate = gate_of(key);
  for (;;) {
    std::unique_lock<std::mutex> guard(home.lock);
    for (inode* each = home.first; each != nullptr; each = each->chain_next_) {
      if (each->ino() != ino || &each->super() != &super) continue;
      if (each->idle_now())
        return each->resurrect(guard);  // stays on the idle list, and is skipped there
      external<inode> found = internal<inode>(*each, home.lock).get_not_zero(guard);
      if (found) return found;
    }
    if (std::find(home.in_progress.begin(), home.in_progress.end(), key) ==
        home.in_progress.end()) {
      home.in_progress.push_back(key);  // we are the one who reads it
      break;
    }
    const std::uint64_t ticket = gate.ticket();
    guard.unlock();
    gate.wait(ticket);
  }
  external<inode> made;
  const std::optional<store::record> read = super.disk().read(ino);
  if (read)
    made = make<inode>(home, passive<superblock>::get(super), ino, *read, super.disk().target(ino));
  {
    const std::lock_guard<std::mutex> guard(home.lock);
    if (made) made->chain_next_ = std::exchange(home.first, made.address());
  }
  done(home, key);
  return made;
}

void inode_cache::done(inode_bucket& home, const inode_key& key) noexcept {
  turnstile& gate = gate_of(key);
  {
    const std::lock_guard<std::mutex> guard(home.lock);
    const auto at = std::find(home.in_progress.begin(), home.in_progress.end(), key);
    *at = home.in_progress.back();
    home.in_progress.pop_back();
  }
  gate.advance();
}

void inode_cache::became_idle(inode& unused) noexcept {
  idle_list& list = list_of(unused);
  const std::lock_guard<std::mutex> guard(list.lock);
  if (!unused.idle_listed_) list.push_back(unused);
}

void inode_cache::take_off(inode& dying) noexcept {
  inode_bucket& home = dying.home_;
  inode** at = &home.first;
  while (*at != &dying) at = &(*at)->chain_next_;
  *at = dying.chain_next_;
  home.in_progress.push_back({&dying.super(), dying.ino()});
  idle_list& list = list_of(dying);
  const std::lock_guard<std::mutex> guard(list.lock);
  if (dying.idle_listed_) list.remove(dying);
}

void inode_cache::idle_list::push_back(inode& in) noexcept {
  in.idle_previous_ = last;
  in.idle_next_ = nullptr;
  (last != nullptr ? last->idle_next_ : first) = &in;
  last = &in;
  in.idle_listed_ = true;
  ++size;
}

void inode_cache::idle_list::remove(inode& out) noexcept {
  (out.idle_previous_ != nullptr ? out.idle_previous_->idle_next_ : first) = out.idle_next_;
  (out.idle_next_ != nullptr ? out.idle_next_->idle_previous_ : last) = out.idle_previous_;
  out.idle_listed_ = false;
  --size;
}

// Locks the other way round: the list, then (only trying) the bucket. With both held the list is
// let go, because the bucket's lock alone keeps the inode in place, and unlink() wants the list.
template <class Wanted>
std::size_t inode_cache::evict_from(idle_list& list, std::size_t bytes, Wanted wanted, bool all) {
  std::size_t freed = 0;
  std::unique_lock<std::mutex> guard(list.lock);
  std::size_t left = list.size;
  while (left != 0 && list.first != nullptr && freed < bytes) {
    --left;
    inode& next = *list.first;
    list.remove(next);
    if (!wanted(next)) {
      list.push_back(next);
      continue;
    }
    std::unique_lock<std::mutex> bucket(next.home_.lock, std::try_to_lock);
    if (!bucket.owns_lock()) {
      list.push_back(next);
      if (!all) continue;
      ++left;  // nobody of that superblock may be forgotten: try again
      guard.unlock();
      relax();
      guard.lock();
      continue;
    }
    guard.unlock();
    killed<inode> gone =
        next.kill_idle(bucket);  // empty when it is used again: then it has left the list
    bucket.unlock();
    if (gone) {
      inode::count_evicted();
      freed += sizeof(inode);
      gone = {};  // written back here, with no lock held
    }
    guard.lock();
  }
  return freed;
}

std::size_t inode_cache::shrink(std::size_t bytes) {
  std::size_t freed = 0;
  for (std::size_t i = 0; i < idle_.size() && freed < bytes; ++i) {
    const unsigned at = hand_.fetch_add(1, order::relaxed);  // relaxed: only spreads the work
    freed += evict_from(
        idle_[at % idle_.size()], bytes - freed, [](const inode&) { return true; }, false);
  }
  return freed;
}

void inode_cache::evict(const superblock& super) {
  for (idle_list& each : idle_) {
    evict_from(
        each, ~std::size_t{0}, [&](const inode& idle) { return &idle.super() == &super; }, true);
  }
}

std::vector<external<inode>> inode_cache::all_of(const superblock& super) {
  std::vector<external<inode>> out;
  for (const std::unique_ptr<inode_bucket>& home : buckets_) {
    std::unique_lock<std::mutex> guard(home->lock);
    for (inode* each = home->first; each != nullptr; each = each->chain_next_) {
      if (&each->super() != &super) continue;
      external<inode> found = each->idle_now()
                                  ? each->resurrect(guard)
                                  : internal<inode>(*each, home->lock).get_not_zero(guard);
      if (found) out.push_back(std::move(found));
    }
  }
  return out;
}

}  // namespace lastout::vfs
