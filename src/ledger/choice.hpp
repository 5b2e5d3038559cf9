// choice.hpp - what was chosen to be tracked: the settings as a thing, as text, and at work.

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "type_book.hpp"

namespace lastout::ledger {

struct choice {
  bool every_type = false;
  std::vector<std::string> types;
  std::uint32_t share = 1;  // one object in so many
  std::uint32_t stack_depth = 16;
  std::uint32_t history = 0;
  bool checks = false;
  std::uint64_t quarantine_bytes = 0;
  std::string at_exit;  // empty, "report", or a file
  std::optional<std::uint64_t> chaos_seed;
  bool socket = true;
};

/// Reads into `out`, which says what is in force where the text says nothing.
/// Returns  empty; or what is wrong with the text, and what it could be.
std::string read_choice(std::string_view text, choice& out);
std::string to_text(const choice& what);

/// Puts a choice into force, for each type that is known and for those to come.
void choose(const choice& what);
/// The one in force.
choice chosen();

/// The names in types= that no type that has been used so far has.
std::vector<std::string> names_of_no_type();

/// Around a fork: the child finds it in order.
bool lock_choice(bool interrupted) noexcept;
void unlock_choice() noexcept;

/// Sets a type's share as the choice in force says.
/// Requires  the caller holds the types' lock.
void choose(type_book& type) noexcept;
/// Once nothing is on the books that it lets go of.
/// Requires  the same.
void settle_share(type_book& type) noexcept;

/// One object in so many is tracked; 0: none is.
std::uint32_t share_of(const type_book& type) noexcept;

// What events look at. relaxed: settings.
extern atomic<std::uint32_t> stack_depth;
extern atomic<std::uint32_t> history_events;
extern atomic<bool> checks_on;
extern atomic<bool> chaos_on;
extern atomic<std::uint64_t> chaos_seed;
extern atomic<std::uint32_t> choices_made;

/// Which choice is in force, by number: what depends on it and is kept elsewhere begins anew when it
/// has changed.
/// Order     (2) acquire: the seed of that choice is seen.
inline std::uint32_t choice_in_force() noexcept {
  return choices_made.load(order::acquire);  // (2) pairs with (1)
}
/// Order     (1) release.
inline void begin_next_choice() noexcept {
  choices_made.fetch_add(1, order::release);  // (1) pairs with (2)
}

}  // namespace lastout::ledger
