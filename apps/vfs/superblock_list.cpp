// superblock_list.cpp - one superblock for each device, and waiting for the last one to go.

#include <vfs/superblock_list.hpp>

#include <utility>

#include <vfs/dentry.hpp>
#include <vfs/dentry_cache.hpp>
#include <vfs/inode.hpp>
#include <vfs/inode_cache.hpp>
#include <vfs/store.hpp>

namespace lastout::vfs {

result<active<superblock>> superblock_list::get(const superblock::caches& shared, store& disk,
                                                const char* holder) {
  active<superblock> fresh;
  for (;;) {
    // Put after the lock, which its release takes: also when the list cannot grow.
    active<superblock> made;
    std::unique_lock<std::mutex> guard(lock_);
    const std::uint64_t ticket = removed_.ticket();
    const slot* same = nullptr;
    for (const slot& each : slots_) {
      if (&each.address->disk() == &disk) same = &each;
    }
    if (same == nullptr) {
      made = make_active<superblock>(shared, disk);
      if (!made) return failure(ENOMEM);
      slots_.push_back({made.address(), internal<superblock>(*made, lock_)});
      fresh = made.share(holder);
      guard.unlock();
      break;
    }
    active<superblock> found = same->listed.get_not_zero(guard);
    guard.unlock();
    if (!found) {  // being dismantled: what it writes back must be on the device first
      removed_.wait(ticket);
      continue;
    }
    if (found->ready()) return found.share(holder);
    relax();  // somebody is making it
  }
  external<inode> root = shared.inodes.get(*fresh, store::root);
  if (!root) return failure(EIO);
  external<dentry> top = shared.dentries.make_root(*fresh, std::move(root));
  if (!top) return failure(ENOMEM);
  fresh->set_root(std::move(top));
  return fresh;
}

void superblock_list::remove(const superblock& dead) noexcept {
  const std::lock_guard<std::mutex> guard(lock_);
  std::erase_if(slots_, [&](const slot& each) { return each.listed.refers_to(dead); });
}

std::vector<active<superblock>> superblock_list::active_ones(const char* holder) {
  std::vector<active<superblock>> out;
  std::vector<active<superblock>> put_later;
  std::unique_lock<std::mutex> guard(lock_);
  for (const slot& each : slots_) {
    active<superblock> found = each.listed.get_not_zero(guard);
    if (!found) continue;
    active<superblock> named = found.share(holder);
    if (named) out.push_back(std::move(named));
    put_later.push_back(std::move(found));
  }
  guard.unlock();
  return out;
}

void superblock_list::close_all() {
  std::vector<active<superblock>> open = active_ones("shutdown");
  for (const active<superblock>& each : open) each->close();
}

std::vector<std::string> superblock_list::wait_until_empty(
    std::chrono::steady_clock::time_point deadline) {
  for (;;) {
    std::vector<passive<superblock>> late;  // put after the lock
    const std::uint64_t ticket = removed_.ticket();
    {
      const std::lock_guard<std::mutex> guard(lock_);
      if (slots_.empty()) return {};
      for (const slot& each : slots_) {
        passive<superblock> found = passive<superblock>::get_not_zero(*each.address);
        if (found) late.push_back(std::move(found));
      }
    }
    if (late.empty()) {
      if (!removed_.wait_until(ticket, deadline)) return {"a superblock is being freed for ever"};
      continue;
    }
    std::vector<std::string> out;
    for (passive<superblock>& each : late) {
      const drained end = each->drain(deadline);
      if (!end.complete)
        out.push_back(each->describe() + " (" + std::to_string(end.holding) +
                      " active references)");
    }
    if (!out.empty()) return out;
    late.clear();
    if (!removed_.wait_until(ticket, deadline))
      return {"a superblock is inactive and never freed: an inode was leaked"};
  }
}

}  // namespace lastout::vfs
