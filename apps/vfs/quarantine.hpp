// quarantine.hpp - freed memory, poisoned and kept a while, so that who writes to it later is found
// and named.
//
// The poison is chosen so that a counted word reads as dead: a get or a put of a freed object is a
// violation of its own, not a plausible count.
//
// Lock order     its lock is a leaf.
// Who holds references
//                nobody: all objects here are gone.

#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <vector>

#include <vfs/call_stack.hpp>

namespace lastout::vfs {

class quarantine {
 public:
  /// What was freed: `memory` of `bytes`, in an allocation that begins at `block` and goes back by
  /// `give`.
  struct freed {
    void* block = nullptr;
    void (*give)(void* block) noexcept = nullptr;
    unsigned char* memory = nullptr;
    std::size_t bytes = 0;
    const char* type = "";
    std::uint64_t id = 0;
    char text[24] = {};
    call_stack by;
  };

  /// Poisons the memory and keeps it; the oldest go back to the system when there is too much.
  void keep(const freed& gone) noexcept;
  /// What is too much then goes back at once.
  void limit(std::size_t bytes_max) noexcept;
  /// Describes each object that was written to since it was freed, once.
  std::vector<std::string> damaged();
  /// The freed object at that address, as text; empty when there is none.
  std::string name_of(const void* object);

 private:
  static constexpr unsigned char poison = 0xaa;

  static std::string describe(const freed& gone);
  static bool intact(const freed& gone) noexcept;
  void let_surplus_go() noexcept;
  void let_go(freed& oldest);

  std::mutex lock_;
  std::deque<freed> kept_;
  std::size_t bytes_ = 0;
  std::size_t bytes_max_ = std::size_t{4} << 20;
  std::vector<std::string> found_;  // of those that have been let go
};

}  // namespace lastout::vfs
