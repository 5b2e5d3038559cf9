// thread_state.hpp - what the ledger keeps for each thread, and the guard against meeting itself.
//
// Everything here is constant-initialised and has no destructor: a signal handler may be the first
// to look, and the last.

#pragma once

#include <cstddef>
#include <cstdint>

#include <lastout/ledger_door.hpp>

// ThreadSanitizer knows the ledger's own locks only where the ledger is built with it. A program that
// is, and links a ledger that is not, would be told of races in here that are none.
#if defined(__SANITIZE_THREAD__)
#define LASTOUT_KNOWN_TO_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define LASTOUT_KNOWN_TO_TSAN 1
#endif
#endif
#ifndef LASTOUT_KNOWN_TO_TSAN
#define LASTOUT_KNOWN_TO_TSAN 0
extern "C" {
[[gnu::weak]] void AnnotateIgnoreReadsBegin(const char* file, int line);
[[gnu::weak]] void AnnotateIgnoreReadsEnd(const char* file, int line);
[[gnu::weak]] void AnnotateIgnoreWritesBegin(const char* file, int line);
[[gnu::weak]] void AnnotateIgnoreWritesEnd(const char* file, int line);
}
#endif

namespace lastout::ledger {

struct thread_entry;

/// For ThreadSanitizer, as above: what this thread does from here on is the ledger's, or no more.
inline void tell_tsan([[maybe_unused]] bool inside) noexcept {
#if !LASTOUT_KNOWN_TO_TSAN
  if (AnnotateIgnoreReadsBegin == nullptr) [[likely]]
    return;
  if (inside) {
    AnnotateIgnoreReadsBegin(__FILE__, __LINE__);
    AnnotateIgnoreWritesBegin(__FILE__, __LINE__);
  } else {
    AnnotateIgnoreWritesEnd(__FILE__, __LINE__);
    AnnotateIgnoreReadsEnd(__FILE__, __LINE__);
  }
#endif
}

struct held_lock {
  const void* lock;
  std::uint32_t stack;  // where it was taken
};

struct thread_state {
  static constexpr std::size_t locks_max = 32;
  static constexpr std::size_t releases_max = 16;

  bool inside = false;        // the ledger is at work on this thread
  std::uint32_t in_gate = 0;  // of fork_gate
  thread_entry* entry = nullptr;

  held_lock locks[locks_max] = {};
  std::size_t locks_held = 0;
  type_entry* releasing[releases_max] = {};
  const void* released_object[releases_max] = {};
  std::size_t releases = 0;
  unsigned no_blocking = 0;
  const char* why_no_blocking = nullptr;

  std::uint64_t chaos = 0;         // this thread's random numbers
  std::uint32_t chaos_choice = 0;  // of that one of choices_made; 0: not begun
};

inline constinit thread_local thread_state this_thread_state;

/// While one exists and is granted, this thread is in the ledger. It is not granted to who is in it
/// already: a signal handler that interrupted it, or the ledger's own use of a lock that is watched.
class inside {
 public:
  inside() noexcept : granted_(!this_thread_state.inside) {
    if (!granted_) return;
    this_thread_state.inside = true;
    tell_tsan(true);
  }
  inside(const inside&) = delete;
  inside& operator=(const inside&) = delete;
  ~inside() {
    if (!granted_) return;
    tell_tsan(false);
    this_thread_state.inside = false;
  }
  explicit operator bool() const noexcept { return granted_; }

 private:
  bool granted_;
};

/// While one exists, this thread is not in the ledger: what it calls now is the program's.
/// Requires  no lock of the ledger's.
class outside {
 public:
  outside() noexcept : was_inside_(this_thread_state.inside) {
    if (!was_inside_) return;
    tell_tsan(false);
    this_thread_state.inside = false;
  }
  outside(const outside&) = delete;
  outside& operator=(const outside&) = delete;
  ~outside() {
    if (!was_inside_) return;
    this_thread_state.inside = true;
    tell_tsan(true);
  }

 private:
  bool was_inside_;
};

}  // namespace lastout::ledger
