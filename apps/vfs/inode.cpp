// inode.cpp - links, content, and the way out.

#include <vfs/inode.hpp>

#include <algorithm>
#include <utility>

#include <lastout/external.hpp>

namespace lastout::vfs {

inode::inode(passive<superblock> super, ino_number ino, const store::record& read,
             std::string target)
    : super_(std::move(super)),
      ino_(ino),
      type_(read.type),
      mode_(read.mode),
      links_(read.links),
      size_(read.size),
      target_(std::move(target)),
      pages_(super_->disk(), ino, super_->shared().pages) {}

inode::~inode() { leaving(ino_, super_->disk().name()); }

void inode::settle_with_device() noexcept {
  const bool forgotten = links() == 0;
  pages_.drop(forgotten);
  if (forgotten) {
    disk().remove(ino_);
  } else if (dirty_.load(order::relaxed)) {  // relaxed: the last put ordered it
    disk().write(ino_, {type_, mode_, links(), size()});
  }
}

attributes inode::stat() const noexcept {
  attributes out;
  out.ino = ino_;
  out.device = super_->disk().number();
  out.type = type_;
  out.mode = mode_;
  out.links = links();
  out.size = type_ == file_type::symlink ? target_.size() : size();
  return out;
}

std::string inode::describe() const {
  return "ino " + std::to_string(ino_) + " of device \"" + super_->disk().name() + "\", " +
         std::to_string(links()) + " links, " + std::to_string(references()) + " references";
}

int inode::add_link() noexcept {
  std::uint32_t seen = links();
  do {
    if (seen == 0) return ENOENT;
    if (seen >= links_max) return EMLINK;
    // relaxed: the number is all there is to it; the count of references orders the rest
  } while (!links_.compare_exchange_weak(seen, seen + 1, order::relaxed, order::relaxed));
  make_dirty();
  return 0;
}

void inode::drop_links(std::uint32_t n) noexcept {
  const std::uint32_t before = links_.fetch_sub(n, order::relaxed);  // relaxed: see add_link
  make_dirty();
  if (before == n) external<inode>::get(*this).kill_on_put();
}

int inode::read(std::uint64_t offset, std::span<std::byte> into, std::size_t& done) {
  done = 0;
  const std::uint64_t end = size();
  if (offset >= end) return 0;
  into = into.first(std::min<std::uint64_t>(into.size(), end - offset));
  if (!pages_.read(offset, into)) return ENOMEM;
  done = into.size();
  return 0;
}

int inode::write(std::uint64_t offset, std::span<const std::byte> from, std::size_t& done) {
  done = 0;
  if (from.empty()) return 0;
  if (offset >= file_size_max) return EFBIG;
  from = from.first(std::min<std::uint64_t>(from.size(), file_size_max - offset));
  done = pages_.write(offset, from);
  if (done == 0) return ENOMEM;
  if (offset + done > size())
    size_.store(offset + done, order::relaxed);  // relaxed: the lock orders it
  make_dirty();
  return 0;
}

int inode::truncate(std::uint64_t size) {
  if (size > file_size_max) return EFBIG;
  if (size < this->size() && !pages_.truncate(size)) return ENOMEM;
  size_.store(size, order::relaxed);  // relaxed: the lock orders it
  make_dirty();
  return 0;
}

void inode::write_back() {
  pages_.write_back();
  // relaxed: see make_dirty
  if (dirty_.exchange(false, order::relaxed)) disk().write(ino_, {type_, mode_, links(), size()});
}

}  // namespace lastout::vfs
