// page.cpp - buffers on demand, and what happens when a page is reclaimed.

#include <vfs/page.hpp>

#include <vfs/page_cache.hpp>
#include <vfs/page_clock.hpp>

namespace lastout::vfs {

page::~page() { leaving(index_, "of an inode"); }

external<buffer> page::get_buffer(unsigned slot, bool overwrite) {
  buffer* found = nullptr;
  {
    const std::lock_guard<std::mutex> guard(buffers_lock_);
    found = buffers_[slot];
    if (found == nullptr) {
      found = add(slot);
      if (found == nullptr) return {};
      if (!overwrite) cache_.fill(*found, index_);
      buffers_[slot] = found;
    }
  }
  return get(*found);  // purged only while nobody has a reference to the page
}

void page::write_back() {
  const std::lock_guard<std::mutex> guard(buffers_lock_);
  for_each([&](buffer& each) {
    if (each.take_dirty()) cache_.flush(each, index_);
  });
}

fate page::idle(const idle_proof&) noexcept {
  if (!cache_.discarding()) write_back();
  if (!purge()) return fate::keep;  // somebody kept a buffer and no page: then neither goes
  freed_bytes_ = sizeof(page);
  for (buffer*& each : buffers_) {
    if (each != nullptr) freed_bytes_ += sizeof(buffer);
    each = nullptr;
  }
  return fate::kill;
}

void page::unlink(const idle_proof&) noexcept {
  cache_.forget(*this);
  cache_.clock().remove(*this);
}

std::string page::describe() const {
  return "index " + std::to_string(index_) + " of inode " + std::to_string(cache_.ino());
}

}  // namespace lastout::vfs
