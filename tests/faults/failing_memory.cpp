// failing_memory.cpp - malloc and mmap, and the script by which they say no.
//
// The program has functions of these names, so that the C and C++ libraries call them too. Not under
// a sanitizer, whose malloc and operator new are its own: tests/CMakeLists.txt builds none of it there.

#include "faults/failing_memory.hpp"

#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdlib>

namespace faults {
namespace {

struct script {
  bool on = false;
  std::size_t nth = 0;
  bool for_good = false;
  std::size_t asked = 0;
  std::size_t refused = 0;

  bool says_no() noexcept {
    ++asked;
    if (nth == 0 || (for_good ? asked < nth : asked != nth)) return false;
    ++refused;
    return true;
  }
};

constinit thread_local script mine;
constinit thread_local bool advises_in_vain = false;
constinit std::atomic<std::size_t> advice_refused = 0;
constinit std::atomic<long> live = 0;

// Of all threads but one. Few, and short: a lock will do.
constinit std::atomic<bool> others_on = false;
constinit std::atomic_flag others_lock;
constinit script others;
constinit thread_local bool is_no_other = false;

bool says_no() noexcept {
  if (mine.on) return mine.says_no();
  if (!others_on.load(std::memory_order_acquire) || is_no_other) return false;
  while (others_lock.test_and_set(std::memory_order_acquire)) continue;
  const bool no = others.on && others.says_no();
  others_lock.clear(std::memory_order_release);
  return no;
}

template <class Ask>
void* asked_of(Ask ask) noexcept {
  void* const out = says_no() ? nullptr : ask();
  if (out == nullptr) {
    errno = ENOMEM;
  } else {
    live.fetch_add(1, std::memory_order_relaxed);
  }
  return out;
}
void gone(void* block) noexcept {
  if (block != nullptr) live.fetch_sub(1, std::memory_order_relaxed);
}

}  // namespace

long live_blocks() noexcept { return live.load(std::memory_order_relaxed); }

armed::armed(std::size_t nth, how_long length) noexcept {
  mine = {true, nth, length == how_long::for_good, 0, 0};
}
armed::~armed() { mine.on = false; }
// The compiler knows malloc, and not that it counts: it must look again.
std::size_t armed::asked() const noexcept { return mine.asked; }
std::size_t armed::refused() const noexcept { return mine.refused; }

armed_others::armed_others(std::size_t nth, how_long length) noexcept {
  is_no_other = true;
  others = {true, nth, length == how_long::for_good, 0, 0};
  others_on.store(true, std::memory_order_release);
}
armed_others::~armed_others() {
  others_on.store(false, std::memory_order_release);
  is_no_other = false;
}
std::size_t armed_others::asked() const noexcept {
  while (others_lock.test_and_set(std::memory_order_acquire)) continue;
  const std::size_t n = others.asked;
  others_lock.clear(std::memory_order_release);
  return n;
}
std::size_t armed_others::refused() const noexcept {
  while (others_lock.test_and_set(std::memory_order_acquire)) continue;
  const std::size_t n = others.refused;
  others_lock.clear(std::memory_order_release);
  return n;
}

no_advice::no_advice() noexcept {
  advises_in_vain = true;
  advice_refused = 0;
}
no_advice::~no_advice() { advises_in_vain = false; }
std::size_t no_advice::refused() noexcept { return advice_refused; }

}  // namespace faults

extern "C" {

void* __libc_malloc(std::size_t bytes);
void* __libc_calloc(std::size_t n, std::size_t bytes);
void* __libc_realloc(void* block, std::size_t bytes);
void __libc_free(void* block);

void* __libc_memalign(std::size_t alignment, std::size_t bytes);
static void* aligned(std::size_t alignment, std::size_t bytes) {
  return __libc_memalign(alignment, bytes);
}
static void* __libc_mmap(void* at, std::size_t bytes, int may, int how, int fd, off_t from) {
  const long out = syscall(SYS_mmap, at, bytes, may, how, fd, from);
  return reinterpret_cast<void*>(out);  // NOLINT(performance-no-int-to-ptr)
}
static int __libc_munmap(void* at, std::size_t bytes) {
  return static_cast<int>(syscall(SYS_munmap, at, bytes));
}
static int __libc_madvise(void* at, std::size_t bytes, int what) {
  return static_cast<int>(syscall(SYS_madvise, at, bytes, what));
}

void* malloc(std::size_t bytes) {
  return faults::asked_of([=] { return __libc_malloc(bytes); });
}
void* calloc(std::size_t n, std::size_t bytes) {
  return faults::asked_of([=] { return __libc_calloc(n, bytes); });
}
void* realloc(void* block, std::size_t bytes) {
  if (faults::says_no()) {
    errno = ENOMEM;
    return nullptr;
  }
  void* const out = __libc_realloc(block, bytes);
  if (block == nullptr && out != nullptr) faults::live.fetch_add(1, std::memory_order_relaxed);
  if (block != nullptr && bytes == 0) faults::gone(block);
  return out;
}
void free(void* block) {
  faults::gone(block);
  __libc_free(block);
}
void* aligned_alloc(std::size_t alignment, std::size_t bytes) {
  return faults::asked_of([=] { return aligned(alignment, bytes); });
}
int posix_memalign(void** out, std::size_t alignment, std::size_t bytes) {
  *out = faults::asked_of([=] { return aligned(alignment, bytes); });
  return *out == nullptr ? ENOMEM : 0;
}

void* mmap(void* at, std::size_t bytes, int may, int how, int fd, off_t from) noexcept {
  if (faults::says_no()) {
    errno = ENOMEM;
    return MAP_FAILED;
  }
  void* const out = __libc_mmap(at, bytes, may, how, fd, from);
  if (out != MAP_FAILED) faults::live.fetch_add(1, std::memory_order_relaxed);
  return out;
}
int munmap(void* at, std::size_t bytes) noexcept {
  const int out = __libc_munmap(at, bytes);
  if (out == 0) faults::live.fetch_sub(1, std::memory_order_relaxed);
  return out;
}
int madvise(void* at, std::size_t bytes, int what) noexcept {
  if (!faults::advises_in_vain) return __libc_madvise(at, bytes, what);
  ++faults::advice_refused;
  errno = EINVAL;
  return -1;
}
}
