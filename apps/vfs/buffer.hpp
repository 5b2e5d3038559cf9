// buffer.hpp - a quarter of a page: the bytes, and whether the device has them.
//
// It lives and dies with its page, which frees all of its buffers at once, or none.
//
// Lock order     none of its own.
// Who holds references
//                external: who copies to or from it, during the copy; each has one of the page too.
// Source: LWN 336224, "The plain style" (buffer_head).

#pragma once

#include <cstddef>
#include <string>

#include <lastout/atomic.hpp>
#include <lastout/plain.hpp>
#include <vfs/censused.hpp>
#include <vfs/limits.hpp>

namespace lastout::vfs {

class page;

class buffer : public plain<buffer, page>, public censused<buffer, kind::buffer> {
 public:
  explicit buffer(unsigned slot) noexcept : slot_(slot) {}
  ~buffer() { leaving(slot_, "of a page"); }

  [[nodiscard]] unsigned slot() const noexcept { return slot_; }
  /// Reading needs the inode's lock shared, writing needs it whole.
  [[nodiscard]] std::byte* bytes() noexcept { return bytes_; }

  // relaxed, all of them: the inode's lock, or the frozen page, orders the bytes
  void make_dirty() noexcept { dirty_.store(true, order::relaxed); }
  [[nodiscard]] bool take_dirty() noexcept { return dirty_.exchange(false, order::relaxed); }
  [[nodiscard]] std::string describe() const { return "slot " + std::to_string(slot_); }

 private:
  const unsigned slot_;
  atomic<bool> dirty_{false};
  alignas(16) std::byte bytes_[buffer_bytes];
};

}  // namespace lastout::vfs
