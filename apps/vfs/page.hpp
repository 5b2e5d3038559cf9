// page.hpp - page_bytes of a file, found by index; reclaimed by freezing it.
//
// Its page cache holds one reference; who reads or writes gets one more, speculatively, from the
// cache's internal reference. Nobody asks whether the count is one: reclaim() freezes it at one,
// and fails when somebody is there.
//
// Lock order     the clock's lock, then the page cache's lock; a page's own lock guards the list of
//                its buffers, and is taken with the inode's lock held or with the page frozen,
//                never with the other two.
// Who holds references
//                its page cache (the structure's own); external: readers, writers, write-back.
// Source: LWN 336224, exercise 4; rules 12, 40, 44.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>

#include <lastout/kcref.hpp>
#include <lastout/plain.hpp>
#include <vfs/buffer.hpp>
#include <vfs/censused.hpp>
#include <vfs/limits.hpp>

namespace lastout::vfs {

class page_cache;

class page : public kcref<page>,
             public plain_parent<page, buffer>,
             public censused<page, kind::page> {
 public:
  page(page_cache& cache, std::uint64_t index) noexcept : cache_(cache), index_(index) {}
  ~page();

  static constexpr unsigned slots = page_bytes / buffer_bytes;

  [[nodiscard]] std::uint64_t index() const noexcept { return index_; }
  /// The buffer of a slot, filled from the device; with `overwrite` its bytes are anything.
  /// Requires  a reference to the page, the inode's lock shared at least.
  /// Returns   empty when there is no memory.
  [[nodiscard]] external<buffer> get_buffer(unsigned slot, bool overwrite = false);
  /// Writes the dirty buffers to the device.
  /// Requires  the inode's lock shared and a reference to the page; or nobody else.
  void write_back();

  // relaxed: a hint
  void use() noexcept {
    if (!used_.load(order::relaxed)) used_.store(true, order::relaxed);
  }
  [[nodiscard]] bool take_used() noexcept { return used_.exchange(false, order::relaxed); }
  /// What went with it. Requires  it has been reclaimed.
  [[nodiscard]] std::size_t freed_bytes() const noexcept { return freed_bytes_; }
  [[nodiscard]] std::string describe() const;

 private:
  friend reference_access;
  friend class page_clock;
  friend class page_cache;

  fate idle(const idle_proof&) noexcept;
  void unlink(const idle_proof&) noexcept;  // requires the clock's lock

  page_cache& cache_;
  const std::uint64_t index_;
  std::mutex buffers_lock_;
  std::array<buffer*, slots> buffers_{};
  std::size_t freed_bytes_ = 0;  // set when frozen
  atomic<bool> used_{true};
  page* previous_ = nullptr;  // in the clock; guarded by its lock
  page* next_ = nullptr;
  bool listed_ = false;
};

}  // namespace lastout::vfs
