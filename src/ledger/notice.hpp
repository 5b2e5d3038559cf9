// notice.hpp - what the ledger sees that nobody else can, told as violations.
//
// Told with no lock of the ledger's held.

#pragma once

#include <cstddef>
#include <cstdint>

#include <lastout/violation.hpp>

#include "graveyard.hpp"
#include "type_book.hpp"

namespace lastout::ledger {

/// The holders one of whom has lost his reference to a put that was somebody else's; the first few.
struct robbery {
  static constexpr std::size_t most = 8;
  struct holder {
    std::uint32_t thread, stack;
    const char* tag;
  };
  holder holders[most];
  std::size_t size = 0;
  holder adopter = {};  // who took over a reference that nobody had given away, where it was that

  void add(std::uint32_t thread, std::uint32_t stack, const char* tag) noexcept {
    if (size < most) holders[size] = {thread, stack, tag};
    ++size;
  }
};

/// This put gives back a reference that nobody was given; or, `released`, the object is released
/// by a last put while others hold it.
void tell_robbery(const type_book& type, const void* object, const robbery& of,
                  bool released) noexcept;
/// This put is of a reference that somebody else has put.
void tell_robbed(const type_book& type, const void* object) noexcept;
/// This adopts a reference to what is released: nobody can have given one away.
void tell_adopted_dead(const type_book& type, const void* object) noexcept;
/// This get has no reference to get from.
void tell_weak_get(const type_book& type, const void* object) noexcept;
/// This put is made while a lock is held that the type's release takes.
void tell_put_under_lock(const type_book& type, const void* object, const void* lock,
                         std::uint32_t held_since, std::uint32_t release_took) noexcept;
/// The object is being released while this thread holds a lock that lies in it.
void tell_lock_dies(const type_book& type, const void* object, const void* lock,
                    std::uint32_t held_since) noexcept;
void tell_put_may_block(const type_book& type, const void* object, const char* why) noexcept;
/// That byte of freed memory was written to; `stood`, who stood there, where that is known.
void tell_used_once_freed(const char* type, const void* object, std::size_t offset,
                          const dead_object* stood) noexcept;

/// From now on violations are reported with what the ledger knows of the object, unless the program
/// has chosen who is told.
void explain_violations() noexcept;

}  // namespace lastout::ledger
