// mutant.hpp - which of all the mutants that are compiled in this program is: none, or one.
//
// The instrumented headers (generate.py) ask is(number) wherever a mutant stands. In a constant
// expression the answer is no.

#pragma once

namespace lastout::mutant {

inline constexpr unsigned numbers_max = 1u << 14;  // the generator counts from 1

/// The mutant that the program is; 0: the original.
inline unsigned active = 0;

inline unsigned char own_table[numbers_max];
/// Where it is noted which mutants were passed; the driver puts it where parents see it.
inline unsigned char* passed = own_table;

constexpr bool is(unsigned number) noexcept {
  if (__builtin_is_constant_evaluated()) return false;
  // A builtin, not the door to atomics: the explorer is not to know of it.
  __atomic_store_n(&passed[number], 1, __ATOMIC_RELAXED);
  return number == active;
}

/// What is done instead of a call that is dropped; where a compiler must not know that it is nothing.
inline void nothing() noexcept {}

/// std::lock_guard, but one mutant does not lock.
template <unsigned Number, class Lock>
class guard {
 public:
  explicit guard(Lock& lock) : lock_(lock), locks_(!is(Number)) {
    if (locks_) lock_.lock();
  }
  ~guard() {
    if (locks_) lock_.unlock();
  }
  guard(const guard&) = delete;
  guard& operator=(const guard&) = delete;

 private:
  Lock& lock_;
  bool locks_;
};

}  // namespace lastout::mutant
