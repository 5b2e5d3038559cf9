// stack_book.cpp - unwinds, and finds the stack among those that are known.

#include "stack_book.hpp"

#include <dlfcn.h>
#include <link.h>
#include <unwind.h>

#include <algorithm>
#include <cstring>
#include <mutex>

#include <lastout/spin_lock.hpp>

#include "fork_gate.hpp"
#include "layout.hpp"
#include "lock_soon.hpp"
#include "numbered.hpp"
#include "pool.hpp"

// There when ThreadSanitizer is linked.
extern "C" [[gnu::weak]] void __tsan_init();

namespace lastout::ledger {
namespace {

constexpr std::size_t buckets = 1 << 16;
constexpr std::size_t chunk = 1 << 20;

constinit atomic<call_stack*> heads[buckets] = {};
constinit spin_lock lock;  // guards adding
constinit fork_gate unwinding;
constinit numbered<call_stack, 4096> by_number;
constinit unsigned char* room = nullptr;
constinit std::size_t room_left = 0;

constexpr layout_root roots[] = {numbered_layout::rows("stacks.rows", by_number),
                                 numbered_layout::size("stacks.size", by_number)};
constexpr layout_member members[] = {LASTOUT_MEMBER(call_stack, depth),
                                     LASTOUT_MEMBER(call_stack, frames)};

int gcc_backtrace(void** frames, int most) noexcept {
  struct walk {
    void** frames;
    int most;
    int depth;
  } state{frames, most, -1};  // from who called this function on, as libunwind does
  _Unwind_Backtrace(
      [](_Unwind_Context* context, void* to) {
        auto& into = *static_cast<walk*>(to);
        if (into.depth == into.most) return _URC_END_OF_STACK;
        if (into.depth >= 0)
          into.frames[into.depth] = reinterpret_cast<void*>(_Unwind_GetIP(context));
        ++into.depth;
        return _URC_NO_REASON;
      },
      &state);
  return state.depth;
}

constinit atomic<int (*)(void**, int)> backtrace{nullptr};
constinit std::uintptr_t unwinder_begin = 0;
constinit std::uintptr_t unwinder_end = 0;

// The module that has that function.
void find_range(const void* function) noexcept {
  dl_iterate_phdr(
      [](dl_phdr_info* info, std::size_t, void* wanted) {
        const auto at = reinterpret_cast<std::uintptr_t>(wanted);
        for (std::size_t i = 0; i < info->dlpi_phnum; ++i) {
          const ElfW(Phdr)& header = info->dlpi_phdr[i];
          const std::uintptr_t begin = info->dlpi_addr + header.p_vaddr;
          if (header.p_type != PT_LOAD || at < begin || at >= begin + header.p_memsz) continue;
          unwinder_begin = begin;
          unwinder_end = begin + header.p_memsz;
          return 1;
        }
        return 0;
      },
      const_cast<void*>(function));
}

// The ThreadSanitizer of g++, a library of its own, watches the lock that libunwind takes when a thread
// ends, and has left that thread by then: it crashes.
bool libunwind_is_watched() noexcept {
  Dl_info where{};
  return __tsan_init != nullptr &&
         dladdr(reinterpret_cast<const void*>(&__tsan_init), &where) != 0 &&
         where.dli_fname != nullptr && std::strstr(where.dli_fname, "/libtsan.so") != nullptr;
}

std::uint64_t hash_of(void* const* frames, std::size_t depth) noexcept {
  std::uint64_t hash = depth;
  for (std::size_t i = 0; i < depth; ++i) {
    hash ^= reinterpret_cast<std::uintptr_t>(frames[i]);
    hash *= 0x9e3779b97f4a7c15u;
    hash ^= hash >> 29;
  }
  return hash;
}

const call_stack* find(std::uint64_t hash, void* const* frames, std::size_t depth) noexcept {
  // (2) pairs with (1); what is behind it was there before it
  for (const call_stack* each = heads[hash % buckets].load(order::acquire); each != nullptr;
       each = each->next) {
    if (each->hash == hash && each->depth == depth &&
        std::memcmp(each->frames, frames, depth * sizeof *frames) == 0)
      return each;
  }
  return nullptr;
}

call_stack* make_room(std::size_t depth) noexcept {
  const std::size_t bytes = sizeof(call_stack) + (depth - 1) * sizeof(void*);
  if (room_left < bytes) {
    room = static_cast<unsigned char*>(map_memory(chunk));
    room_left = room == nullptr ? 0 : chunk;
    if (room == nullptr) return nullptr;
  }
  auto* const out = reinterpret_cast<call_stack*>(room);
  room += bytes;
  room_left -= bytes;
  return out;
}

}  // namespace

constinit const layout_part layout_of_stacks = layout_of(roots, members);

void find_unwinder() noexcept {
  // For itself: were it linked, its _Unwind_* would stand in front of the compiler's, and throw
  // exceptions for the program.
  void* const module =
      libunwind_is_watched() ? nullptr : dlopen("libunwind.so.8", RTLD_NOW | RTLD_LOCAL);
  void* const found = module == nullptr ? nullptr : dlsym(module, "unw_backtrace");
  if (found != nullptr) {
    find_range(found);
    backtrace.store(reinterpret_cast<int (*)(void**, int)>(found),
                    order::release);  // (1) pairs with (2)
    return;
  }
  find_range(reinterpret_cast<const void*>(&_Unwind_Backtrace));
  backtrace.store(&gcc_backtrace, order::release);  // (1) pairs with (2)
}

bool is_unwinders(const void* code) noexcept {
  const auto at = reinterpret_cast<std::uintptr_t>(code);
  return at >= unwinder_begin && at < unwinder_end;
}

std::uint32_t note_stack(std::size_t depth) noexcept {
  const auto unwind = backtrace.load(order::acquire);  // (2) pairs with (1)
  if (depth == 0 || unwind == nullptr) return 0;
  // The first is this function. What else of the ledger stands in front is left out by who names the
  // frames: circumstances, note(), begin(), the handle's note(), and its constructor. All of these are
  // frames where nothing is optimised; elsewhere a stack is a little deeper than was asked for.
  constexpr std::size_t own = 6;
  void* frames[stack_depth_max + own];
  unwinding.enter();
  const int got = unwind(frames, static_cast<int>(std::min(depth, stack_depth_max) + own));
  unwinding.leave();
  if (got <= 1) return 0;
  void* const* const from = frames + 1;
  const std::size_t n = static_cast<std::size_t>(got) - 1;
  const std::uint64_t hash = hash_of(from, n);
  if (const call_stack* const known = find(hash, from, n)) return known->number;

  const std::lock_guard guard(lock);
  if (const call_stack* const known = find(hash, from, n)) return known->number;
  call_stack* const made = make_room(n);
  if (made == nullptr) return 0;
  made->hash = hash;
  made->depth = static_cast<std::uint32_t>(n);
  std::memcpy(made->frames, from, n * sizeof *from);
  atomic<call_stack*>& head = heads[hash % buckets];
  made->next = head.load(order::relaxed);  // relaxed: under the lock
  made->number = by_number.add(made);
  if (made->number != 0) head.store(made, order::release);  // (1) pairs with (2)
  return made->number;
}

const call_stack* stack_numbered(std::uint32_t number) noexcept { return by_number[number]; }
std::uint32_t stacks_known() noexcept { return by_number.size(); }

bool lock_stacks(bool interrupted) noexcept { return lock_for_fork(lock, interrupted); }
void unlock_stacks() noexcept { lock.unlock(); }
no_fork::no_fork() noexcept { unwinding.enter(); }
no_fork::~no_fork() { unwinding.leave(); }
void stop_unwinding() noexcept { unwinding.close(); }
void go_on_unwinding(bool in_child) noexcept {
  in_child ? unwinding.open_in_child() : unwinding.open();
}

}  // namespace lastout::ledger
