// type_book.cpp - registers types as they turn up.

#include "type_book.hpp"

#include <mutex>

#include <lastout/spin_lock.hpp>

#include "choice.hpp"
#include "layout.hpp"
#include "lock_soon.hpp"
#include "numbered.hpp"
#include "pool.hpp"
#include "start.hpp"

namespace lastout::ledger {
namespace {

constinit spin_lock lock;  // guards what follows, and what is chosen for a type
constinit pool<type_book> books;
constinit numbered<type_book, 16> by_number;

constexpr layout_root roots[] = {numbered_layout::rows("types.rows", by_number),
                                 numbered_layout::size("types.size", by_number)};
constexpr layout_member members[] = {
    LASTOUT_MEMBER(type_book, entry),   LASTOUT_MEMBER(type_book, tracked),
    LASTOUT_MEMBER(type_book, born),    LASTOUT_MEMBER(type_book, released),
    LASTOUT_MEMBER(type_book, gets),    LASTOUT_MEMBER(type_book, puts),
    LASTOUT_MEMBER(type_book, refused), LASTOUT_MEMBER(type_book, resurrected),
    LASTOUT_MEMBER(type_book, killed),  LASTOUT_MEMBER(type_entry, name),
    LASTOUT_MEMBER(type_entry, size),   LASTOUT_MEMBER(type_entry, references)};

}  // namespace

constinit const layout_part layout_of_types = layout_of(roots, members);

type_book* book_of(type_entry& type) noexcept {
  if (type_book* const known = type.book.load(order::acquire)) [[likely]]  // (2) pairs with (1)
    return known;
  start();
  const std::lock_guard guard(lock);
  if (type_book* const known = type.book.load(order::relaxed)) return known;  // under the lock
  type_book* const made = books.take();
  if (made == nullptr) return nullptr;
  made->entry = &type;
  made->number = by_number.add(made);
  if (made->number == 0) {
    books.give(made);
    return nullptr;
  }
  choose(*made);
  settle_share(*made);
  type.book.store(made, order::release);  // (1) pairs with (2)
  return made;
}

void forget_counts() noexcept {
  for_each_type([](type_book& type) {
    for (atomic<std::uint64_t>* const each : {&type.born, &type.released, &type.gets, &type.puts,
                                              &type.refused, &type.resurrected, &type.killed})
      each->store(0, order::relaxed);  // relaxed: statistics
  });
}

type_book* type_numbered(std::uint32_t number) noexcept { return by_number[number]; }
std::uint32_t types_known() noexcept { return by_number.size(); }

void for_each_type(void (*change)(type_book&)) noexcept {
  const std::lock_guard guard(lock);
  for (std::uint32_t i = 1; i <= by_number.size(); ++i) change(*by_number[i]);
}

bool lock_types(bool interrupted) noexcept { return lock_for_fork(lock, interrupted); }
void unlock_types() noexcept { lock.unlock(); }

}  // namespace lastout::ledger
