// frames.cpp - names for addresses, by what the program exports and its debug information.

#include "frames.hpp"

#include <cstdio>
#include <mutex>

#include <symbols/stack_names.hpp>

#include "clock.hpp"
#include "lock_soon.hpp"
#include "stack_book.hpp"
#include "thread_book.hpp"
#include "thread_state.hpp"

namespace lastout::ledger {
namespace {

std::mutex& naming() {
  static auto& lock = *new std::mutex;  // outlives what reports while the program ends
  return lock;
}

}  // namespace

std::vector<std::string> lines_of(const void* const* frames, std::size_t depth) {
  // What naming takes is no business of the program's: its locks are not noted.
  const inside here;
  const std::lock_guard guard(naming());
  static auto& names = *new symbols::stack_names;
  return names.lines({frames, depth});
}

std::vector<std::string> lines_of_stack(std::uint32_t number) {
  const call_stack* const stack = stack_numbered(number);
  return stack == nullptr ? std::vector<std::string>{} : lines_of(stack->frames, stack->depth);
}

std::string thread_text(std::uint32_t number) {
  thread_seen thread;
  if (!look_at_thread(number, thread)) return "an unknown thread";
  return "thread \"" + std::string(thread.name) + "\" (" + std::to_string(thread.tid) +
         (thread.runs ? ")" : ", which has ended)");
}

std::uint32_t this_thread_number() noexcept {
  const inside here;
  return this_thread_entry().number;
}

std::string ago_text(std::uint64_t when_ns) {
  const std::uint64_t now = now_ns();
  const std::uint64_t ms = now > when_ns ? (now - when_ns) / 1'000'000 : 0;
  char text[48];
  std::snprintf(text, sizeof text, "%02llu:%02llu:%02llu.%03llu",
                static_cast<unsigned long long>(ms / 3'600'000),
                static_cast<unsigned long long>(ms / 60'000 % 60),
                static_cast<unsigned long long>(ms / 1000 % 60),
                static_cast<unsigned long long>(ms % 1000));
  return text;
}

std::string counted(std::size_t n, const char* what) {
  return std::to_string(n) + ' ' + what + (n == 1 ? "" : "s");
}

std::string address_text(const void* address) {
  char text[24];
  std::snprintf(text, sizeof text, "0x%zx", reinterpret_cast<std::uintptr_t>(address));
  return text;
}

bool lock_names(bool interrupted) noexcept { return lock_for_fork(naming(), interrupted); }
void unlock_names() noexcept { naming().unlock(); }

}  // namespace lastout::ledger
