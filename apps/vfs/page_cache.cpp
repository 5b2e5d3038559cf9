// page_cache.cpp - getting pages speculatively, and letting go of them.

#include <vfs/page_cache.hpp>

#include <algorithm>
#include <cstring>
#include <iterator>
#include <utility>

namespace lastout::vfs {

page_cache::~page_cache() {
  if (!pages_.empty()) drop(true);
}

std::vector<page_cache::slot>::iterator page_cache::find(std::uint64_t index) noexcept {
  return std::lower_bound(
      pages_.begin(), pages_.end(), index,
      [](const slot& each, std::uint64_t wanted) { return each.index < wanted; });
}

external<page> page_cache::get(std::uint64_t index) {
  for (;;) {
    std::unique_lock<std::mutex> guard(lock_);
    const auto at = find(index);
    if (at == pages_.end() || at->index != index) {
      external<page> made = make<page>(*this, index);
      if (!made) return {};
      pages_.insert(at, {index, made.address(), internal<page>(*made, lock_)});
      guard.unlock();
      clock_.add(*made);  // our reference keeps it until it is on the clock
      return made;
    }
    external<page> found = at->listed.get_not_zero(guard);
    if (found) {
      found->use();
      return found;
    }
    guard.unlock();  // frozen: somebody is deciding; it will be gone, or unfrozen
    relax();
  }
}

bool page_cache::read(std::uint64_t offset, std::span<std::byte> into) {
  while (!into.empty()) {
    const external<page> from = get(offset / page_bytes);
    if (!from) return false;
    do {
      const std::size_t within = offset % buffer_bytes;
      const std::size_t length = std::min(into.size(), buffer_bytes - within);
      const external<buffer> part =
          from->get_buffer(static_cast<unsigned>(offset % page_bytes / buffer_bytes));
      if (!part) return false;
      std::memcpy(into.data(), part->bytes() + within, length);
      offset += length;
      into = into.subspan(length);
    } while (!into.empty() && offset % page_bytes != 0);
  }
  return true;
}

std::size_t page_cache::write(std::uint64_t offset, std::span<const std::byte> from) {
  const std::size_t wanted = from.size();
  while (!from.empty()) {
    const external<page> to = get(offset / page_bytes);
    if (!to) break;
    const std::size_t within = offset % buffer_bytes;
    const std::size_t length = std::min(from.size(), buffer_bytes - within);
    const external<buffer> part = to->get_buffer(
        static_cast<unsigned>(offset % page_bytes / buffer_bytes), length == buffer_bytes);
    if (!part) break;
    std::memcpy(part->bytes() + within, from.data(), length);
    part->make_dirty();
    offset += length;
    from = from.subspan(length);
  }
  return wanted - from.size();
}

bool page_cache::truncate(std::uint64_t size) {
  // What follows the end within its page must read as zeros when the file grows again. All that
  // this takes is got first.
  const std::size_t kept = size % page_bytes;
  external<page> last;
  external<buffer> parts[page_bytes / buffer_bytes];
  if (kept != 0) {
    last = get(size / page_bytes);
    if (!last) return false;
    for (std::size_t i = kept / buffer_bytes; i < std::size(parts); ++i) {
      parts[i] = last->get_buffer(static_cast<unsigned>(i));
      if (!parts[i]) return false;
    }
  }
  kill_from((size + page_bytes - 1) / page_bytes);
  disk_.truncate(ino_, size);
  for (std::size_t at = kept; at != 0 && at < page_bytes;) {
    const external<buffer>& part = parts[at / buffer_bytes];
    const std::size_t within = at % buffer_bytes;
    std::memset(part->bytes() + within, 0, buffer_bytes - within);
    part->make_dirty();
    at += buffer_bytes - within;
  }
  return true;
}

void page_cache::write_back() {
  std::vector<external<page>> held;
  {
    std::unique_lock<std::mutex> guard(lock_);
    for (const slot& each : pages_) {
      external<page> found = each.listed.get_not_zero(guard);
      if (found) held.push_back(std::move(found));  // else its reclaimer writes it back
    }
  }
  for (const external<page>& each : held) each->write_back();
}

void page_cache::kill_from(std::uint64_t index) {
  std::vector<killed<page>> gone;  // freed after the lock
  const std::lock_guard<std::mutex> clock(
      clock_.lock());  // the hand cannot be deciding about any of them
  for (;;) {
    page* last = nullptr;
    {
      const std::lock_guard<std::mutex> guard(lock_);
      if (pages_.empty() || pages_.back().index < index) return;
      last = pages_.back().address;
    }
    killed<page> dead = last->reclaim();
    if (dead) {
      gone.push_back(std::move(dead));
    } else {
      // Somebody has a reference who should not: a leak. The page is the file's no longer.
      forget(*last);
      clock_.remove(*last);
    }
  }
}

void page_cache::drop(bool discard) {
  {
    const std::lock_guard<std::mutex> clock(clock_.lock());  // the hand reads it
    discard_ = discard;
  }
  kill_from(0);
}

void page_cache::forget(const page& gone) noexcept {
  const std::lock_guard<std::mutex> guard(lock_);
  const auto at = find(gone.index());
  if (at != pages_.end() && at->listed.refers_to(gone)) pages_.erase(at);
}

}  // namespace lastout::vfs
