// graveyard.cpp - notes of the dead, and their memory.

#include "graveyard.hpp"

#include <algorithm>
#include <cstring>
#include <mutex>

#include <lastout/spin_lock.hpp>

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
  void* memory;
  std::size_t bytes;
  void (*free)(void* memory) noexcept;
  const char* type;
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
  if (const std::size_t damage = first_damage(of.memory, of.bytes); damage != of.bytes)
    tell_used_once_freed(of.type, of.memory, damage);
  of.free(of.memory);
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

// The last one that is meant.
template <class Is>
bool find_note(dead_object& out, Is is_meant) noexcept {
  const std::lock_guard guard(lock);
  const std::size_t n = std::min(noted, remembered);
  for (std::size_t i = 0; i < n; ++i) {
    const dead_object& each = notes[(noted - 1 - i) % remembered];
    if (!is_meant(each)) continue;
    out = each;
    return true;
  }
  return false;
}

}  // namespace

void bury(const dead_object& gone) noexcept {
  const std::lock_guard guard(lock);
  if (notes == nullptr) {
    notes = static_cast<dead_object*>(map_memory(remembered * sizeof(dead_object)));
    if (notes == nullptr) return;
  }
  notes[noted++ % remembered] = gone;
}

bool find_dead(const void* address, dead_object& out) noexcept {
  const inside here;
  return find_note(out, [address](const dead_object& each) {
    return has_inside(*each.type, each.object, address);
  });
}

bool is_dead(const void* object) noexcept {
  dead_object note;
  return find_note(note, [object](const dead_object& each) { return each.object == object; });
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
  std::memset(memory, poison, bytes);
  if (__lsan_ignore_object != nullptr) __lsan_ignore_object(memory);
  bool kept = false;
  {
    const inside here;
    if (here) {
      const std::lock_guard guard(lock);
      if (kept_memory* const in = kept_pool.take()) {
        *in = {nullptr, memory, bytes, free, type.name};
        (newest == nullptr ? oldest : newest->next) = in;
        newest = in;
        kept_bytes += bytes;
        kept = true;
      }
    }
  }
  if (!kept) return free(memory);
  if (__asan_poison_memory_region != nullptr) __asan_poison_memory_region(memory, bytes);
  let_surplus_go();
}

void inspect_quarantine() noexcept {
  // Nobody may find what is not whole any more: all of it goes.
  const std::uint64_t most = kept_bytes_most.exchange(0, order::relaxed);  // relaxed: a setting
  let_surplus_go();
  kept_bytes_most.store(most, order::relaxed);
}

void lock_graveyard() noexcept { lock.lock(); }
void unlock_graveyard() noexcept { lock.unlock(); }

}  // namespace lastout::ledger
