// fiber.hpp - a stack of its own on the one OS thread.
//
// The first entry goes through ucontext; every later switch is _setjmp/_longjmp, which makes no
// system call. Not for AddressSanitizer or ThreadSanitizer builds: neither is told of the switches.
// What the C++ runtime knows of exceptions that are being handled is of a thread: each fiber has its own.

#pragma once

#include <cxxabi.h>
#include <setjmp.h>
#include <ucontext.h>

#include <cstddef>
#include <memory>
#include <utility>

namespace interleave {

/// _longjmp by another name: _FORTIFY_SOURCE would replace it by one that refuses to change stacks.
[[noreturn]] void jump(__jmp_buf_tag* to, int value) noexcept __asm__("_longjmp");

class fiber {
 public:
  /// Leaves `from`, which a later switch to it resumes here; enters `to`.
  /// `entry` is what a fiber runs when first entered; it never returns.
  __attribute__((noinline)) static void change(fiber& from, fiber& to, void (*entry)()) {
    from.handled_ = handled();
    if (_setjmp(from.resume_) == 0) enter(to, entry);
  }

  /// Enters `to` for good: the present stack is abandoned, nothing on it is destroyed.
  [[noreturn]] static void enter(fiber& to, void (*entry)()) {
    handled() = std::exchange(to.handled_, {});
    if (to.stack_ == nullptr && entry != nullptr) {
      to.stack_ = std::make_unique_for_overwrite<char[]>(stack_bytes);
      getcontext(&to.first_);
      to.first_.uc_stack.ss_sp = to.stack_.get();
      to.first_.uc_stack.ss_size = stack_bytes;
      to.first_.uc_link = nullptr;
      makecontext(&to.first_, entry, 0);
      setcontext(&to.first_);
    }
    jump(to.resume_, 1);
  }

 private:
  static constexpr std::size_t stack_bytes = 256 * 1024;  // touched as used

  // What __cxa_get_globals() leads to, as the Itanium C++ ABI says (2.2.2).
  struct exceptions {
    void* caught = nullptr;
    unsigned uncaught = 0;
  };
  static exceptions& handled() noexcept {
    return *reinterpret_cast<exceptions*>(abi::__cxa_get_globals());
  }

  jmp_buf resume_;
  ucontext_t first_;
  std::unique_ptr<char[]> stack_;
  exceptions handled_;
};

}  // namespace interleave
