// graveyard.cpp - notes of the dead, and their memory.

#include "graveyard.hpp"

#include <algorithm>
#include <cstring>
#include <mutex>

#include <lastout/ledger.hpp>
#include <lastout/spin_lock.hpp>

#include "choice.hpp"
#include "lock_soon.hpp"
#include "notice.hpp"
#include "pool.hpp"
#include "thread_state.hpp"

// There when AddressSanitizer or LeakSanitizer is linked.
extern "C" {
[[gnu::weak]] void __asan_poison_memory_region(const volatile void* memory, std::size_t bytes);
[[gnu::weak]] void __asan_unpoison_memory_region(const volatile void* memory, std::size_t bytes);
[[gnu::weak]] void __lsan_ignore_object(const void* memory);
}

namespace lastout::ledger {
namespace {

constexpr std::size_t remembered = 4096;
constexpr unsigned char poison = 0xaa;

struct kept_memory {
  kept_memory* next;
  void* memory;  // poisoned, so many bytes
  std::size_t bytes;
  void* block;  // what goes back
  void (*free)(void* block) noexcept;
  const char* type;
  bool noted;         // who stood there is known:
  dead_object stood;  // kept here, because the notes below go on to others
};

constinit spin_lock lock;  // guards what follows
constinit dead_object* notes = nullptr;
constinit std::size_t noted = 0;
constinit pool<kept_memory> kept_pool;
constinit kept_memory* oldest = nullptr;
constinit kept_memory* newest = nullptr;
constinit std::uint64_t kept_bytes = 0;
constinit atomic<std::uint64_t> kept_bytes_most{0};

// Returns the first byte that is not poison, or `bytes`.
std::size_t first_damage(const void* memory, std::size_t bytes) noexcept {
  const auto* const at = static_cast<const unsigned char*>(memory);
  return static_cast<std::size_t>(
      std::find_if(at, at + bytes, [](unsigned char each) { return each != poison; }) - at);
}

void let_go(const kept_memory& of) noexcept {
  if (__asan_unpoison_memory_region != nullptr) __asan_unpoison_memory_region(of.memory, of.bytes);
  if (const std::size_t damage = first_damage(of.memory, of.bytes); damage != of.bytes) {
    if (of.noted) {
      const auto* const at = static_cast<const char*>(of.memory) + damage;
      tell_used_once_freed(of.type, of.stood.object,
                           static_cast<std::size_t>(at - static_cast<const char*>(of.stood.object)),
                           &of.stood);
    } else {
      tell_used_once_freed(of.type, of.memory, damage, nullptr);
    }
  }
  of.free(of.block);
}

// Takes out the oldest that are too much, at most so many at once.
std::size_t take_surplus(kept_memory* out, std::size_t most) noexcept {
  const std::lock_guard guard(lock);
  std::size_t n = 0;
  while (oldest != nullptr && n < most &&
         kept_bytes > kept_bytes_most.load(order::relaxed)) {  // relaxed: a setting
    kept_memory* const gone = oldest;
    oldest = gone->next;
    if (oldest == nullptr) newest = nullptr;
    kept_bytes -= gone->bytes;
    out[n++] = *gone;
    kept_pool.give(gone);
  }
  return n;
}

void let_surplus_go() noexcept {
  kept_memory gone[16];
  while (const std::size_t n = take_surplus(gone, 16)) {
    for (std::size_t i = 0; i < n; ++i) let_go(gone[i]);
  }
}

// The last one that is meant. Requires  the lock.
template <class Is>
const dead_object* note_of(Is is_meant) noexcept {
  const std::size_t n = std::min(noted, remembered);
  for (std::size_t i = 0; i < n; ++i) {
    const dead_object& each = notes[(noted - 1 - i) % remembered];
    if (is_meant(each)) return &each;
  }
  return nullptr;
}

// True for a type and an address of which there would be a note.
bool was_tracked(type_entry& type, const void* object) noexcept {
  const inside here;
  const type_book* const book = here ? book_of(type) : nullptr;
  // relaxed: a setting
  return book != nullptr && type_entry::falls_into(object, book->tracked.load(order::relaxed));
}

// Returns false when there was no memory to note it in, or the ledger has been interrupted.
bool keep(const kept_memory& gone) noexcept {
  std::memset(gone.memory, poison, gone.bytes);
  if (__lsan_ignore_object != nullptr) __lsan_ignore_object(gone.block);
  const inside here;
  if (!here) return false;
  const std::lock_guard guard(lock);
  kept_memory* const in = kept_pool.take();
  if (in == nullptr) return false;
  if (__asan_poison_memory_region != nullptr) __asan_poison_memory_region(gone.memory, gone.bytes);
  *in = gone;
  (newest == nullptr ? oldest : newest->next) = in;
  newest = in;
  kept_bytes += gone.bytes;
  return true;
}

}  // namespace

bool bury(const dead_object& gone) noexcept {
  const std::lock_guard guard(lock);
  if (notes == nullptr) {
    notes = static_cast<dead_object*>(map_memory(remembered * sizeof(dead_object)));
    if (notes == nullptr) return false;
  }
  notes[noted++ % remembered] = gone;
  return true;
}

bool find_dead(const void* address, dead_object& out) noexcept {
  const inside here;
  if (!here) return false;
  const std::lock_guard guard(lock);
  const dead_object* const found = note_of(
      [address](const dead_object& each) { return has_inside(*each.type, each.object, address); });
  if (found == nullptr) return false;
  out = *found;
  return true;
}

bool is_dead(const void* object, std::uint32_t missed) noexcept {
  const std::lock_guard guard(lock);
  const dead_object* const note =
      note_of([object](const dead_object& each) { return each.object == object; });
  return note != nullptr && note->missed == missed && note->choice == choice_in_force();
}

void forget_dead() noexcept {
  const std::lock_guard guard(lock);
  noted = 0;
}

void forget_dead(const void* object) noexcept {
  const std::lock_guard guard(lock);
  const std::size_t n = std::min(noted, remembered);
  for (std::size_t i = 0; i < n; ++i)
    if (notes[i].object == object) notes[i].object = nullptr;
}

std::vector<dead_object> lately_dead() {
  std::vector<dead_object> out;
  out.reserve(remembered);
  const inside here;
  const std::lock_guard guard(lock);
  const std::size_t n = std::min(noted, remembered);
  for (std::size_t i = 0; i < n; ++i) {
    const dead_object& each = notes[(noted - n + i) % remembered];
    if (each.object != nullptr) out.push_back(each);
  }
  return out;
}

void limit_quarantine(std::uint64_t bytes) noexcept {
  kept_bytes_most.store(bytes, order::relaxed);  // relaxed: a setting
  let_surplus_go();
}

bool keeps_freed(type_entry& type, const void*) noexcept {
  // relaxed: a setting
  return type.size <= kept_bytes_most.load(order::relaxed);
}

void keep_freed(type_entry& type, void* memory, std::size_t bytes,
                void (*free)(void* memory) noexcept) noexcept {
  kept_memory gone{nullptr, memory, bytes, memory, free, type.name, false, {}};
  gone.noted = was_tracked(type, memory) && find_dead(memory, gone.stood);
  if (!keep(gone)) return free(memory);
  let_surplus_go();
}

bool quarantine(void* memory, std::size_t bytes, void* block,
                void (*give)(void* block) noexcept) noexcept {
  // relaxed: a setting
  if (bytes > kept_bytes_most.load(order::relaxed)) return false;
  kept_memory gone{nullptr, memory, bytes, block, give, "", true, {}};
  if (!find_dead(memory, gone.stood)) return false;
  gone.type = gone.stood.type->entry->name;
  if (!keep(gone)) return false;
  let_surplus_go();
  return true;
}

void empty_quarantine() noexcept {
  // Nobody may find what is not whole any more: all of it goes.
  const std::uint64_t most = kept_bytes_most.exchange(0, order::relaxed);  // relaxed: a setting
  let_surplus_go();
  kept_bytes_most.store(most, order::relaxed);
}

bool lock_graveyard(bool interrupted) noexcept { return lock_for_fork(lock, interrupted); }
void unlock_graveyard() noexcept { lock.unlock(); }

}  // namespace lastout::ledger
