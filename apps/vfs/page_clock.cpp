// page_clock.cpp - the hand.

#include <vfs/page_clock.hpp>

namespace lastout::vfs {

void page_clock::shard::push_back(page& last) noexcept {
  last.previous_ = last_;
  last.next_ = nullptr;
  (last_ != nullptr ? last_->next_ : first_) = &last;
  last_ = &last;
  last.listed_ = true;
  ++size_;
}

void page_clock::shard::add(page& fresh) {
  const std::lock_guard<std::mutex> guard(lock_);
  push_back(fresh);
}

void page_clock::shard::remove(page& gone) noexcept {
  if (!gone.listed_) return;
  (gone.previous_ != nullptr ? gone.previous_->next_ : first_) = gone.next_;
  (gone.next_ != nullptr ? gone.next_->previous_ : last_) = gone.previous_;
  gone.listed_ = false;
  --size_;
}

std::size_t page_clock::shard::shrink(std::size_t bytes) {
  std::vector<killed<page>> gone;  // freed after the lock
  const std::lock_guard<std::mutex> guard(lock_);
  std::size_t freed = 0;
  for (std::size_t left = 2 * size_; left != 0 && freed < bytes && first_ != nullptr; --left) {
    page& next = *first_;
    remove(next);
    push_back(next);
    if (next.take_used()) continue;
    killed<page> dead = next.reclaim();
    if (!dead) continue;
    page::count_evicted();
    freed += (*dead).freed_bytes();
    gone.push_back(std::move(dead));
  }
  return freed;
}

std::size_t page_clock::shrink(std::size_t bytes) {
  std::size_t freed = 0;
  const std::size_t share = bytes / shards_.size() + page_bytes;
  for (std::size_t i = 0; i < 2 * shards_.size() && freed < bytes; ++i) {
    const unsigned at = hand_.fetch_add(1, order::relaxed);  // relaxed: only spreads the work
    freed += shards_[at % shards_.size()].shrink(std::min(share, bytes - freed));
  }
  return freed;
}

}  // namespace lastout::vfs
