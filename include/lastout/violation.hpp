// violation.hpp - misuse has names, is told to somebody, and never frees early.
//
// A violation is a bug of the caller that the library can see: a get with no reference to get from,
// a put too many, the wrong mutex. It is never an expected "no" (that is an empty handle or false)
// and never exhaustion (that is a returned error). What happens is a policy, chosen once for the
// process:
//
//   report_and_leak   (default) one report on stderr; the object concerned is leaked, never freed
//                     early
//   report_and_abort  the same report, then std::abort()
//   your own          any noexcept function that takes a violation_report
//
// The policy is looked up only when a violation has happened, so it costs the hot path nothing.
//
// Edges:
//   (20) -> (21)  on_violation: what its caller wrote is visible to the handler.
//
// Source: rules 4, 6, 9, 55, 56; Linux's refcount saturation warnings. Record:
// docs/design/0007-violations.md.

#pragma once

#include <unwind.h>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include <lastout/atomic.hpp>

namespace lastout {

enum class violation : std::uint8_t {
  get_at_zero,          // a plain get where no external reference exists
  get_once_dead,        // a plain get before birth, or after release began
  get_while_frozen,     // a plain get while a sole owner is deciding
  get_overflow,         // too many references to count: the object saturates
  put_at_zero,          // a put too many: no external reference is left to give back
  put_once_dead,        // a put too many: release has begun, or the object was never born
  put_while_frozen,     // a put too many: the owner had frozen the exact count
  unfreeze_unfrozen,    // unfreeze of what is not frozen; bury of what is neither frozen nor idle
  birth_of_a_live,      // birth of a word that is not dead
  destroyed_in_use,     // a destructor ran while references existed
  resurrect_once_dead,  // resurrect found an object that is dead for ever
  wrong_lock,           // the proof is of the right type, and of another mutex
  lock_not_held,        // the proof is a guard that does not hold its lock
  wrong_parent,         // a child was asked for through a parent that is not its own
  wrong_thread,         // something bound to one thread was used from another
  adopt_once_dead,      // adopt() of an object that has no reference to take over
  empty_dereference,    // an empty handle was dereferenced
  waited_in_guard,      // waits for a grace period inside a guard, or in a destructor it waits for
  creates_within_itself,  // a creator asked for the name that it is creating
  cached_twice,           // an object was to enter a cache and is in one, or was
  // Seen by the ledger only:
  put_of_anothers,        // a put of a reference that was never handed out: it took somebody else's
  got_without_reference,  // a plain get where nobody has an external reference to get from
  put_under_its_lock,     // a put while a lock is held that the type's release takes
  put_may_block,          // a put where blocking is forbidden, of a type whose release may block
  used_once_freed,        // freed memory was written to
};

constexpr const char* name(violation what) noexcept {
  switch (what) {
    case violation::get_at_zero: return "get_at_zero";
    case violation::get_once_dead: return "get_once_dead";
    case violation::get_while_frozen: return "get_while_frozen";
    case violation::get_overflow: return "get_overflow";
    case violation::put_at_zero: return "put_at_zero";
    case violation::put_once_dead: return "put_once_dead";
    case violation::put_while_frozen: return "put_while_frozen";
    case violation::unfreeze_unfrozen: return "unfreeze_unfrozen";
    case violation::birth_of_a_live: return "birth_of_a_live";
    case violation::destroyed_in_use: return "destroyed_in_use";
    case violation::resurrect_once_dead: return "resurrect_once_dead";
    case violation::wrong_lock: return "wrong_lock";
    case violation::lock_not_held: return "lock_not_held";
    case violation::wrong_parent: return "wrong_parent";
    case violation::wrong_thread: return "wrong_thread";
    case violation::adopt_once_dead: return "adopt_once_dead";
    case violation::empty_dereference: return "empty_dereference";
    case violation::waited_in_guard: return "waited_in_guard";
    case violation::creates_within_itself: return "creates_within_itself";
    case violation::cached_twice: return "cached_twice";
    case violation::put_of_anothers: return "put_of_anothers";
    case violation::got_without_reference: return "got_without_reference";
    case violation::put_under_its_lock: return "put_under_its_lock";
    case violation::put_may_block: return "put_may_block";
    case violation::used_once_freed: return "used_once_freed";
  }
  return "unknown";
}

/// What an operation is done to: named in reports, touched by nobody.
struct subject {
  const char* type = "refcount";
  const void* object = nullptr;
};

/// Everything that is known about one violation, valid while the handler runs.
struct violation_report {
  violation what;
  subject who;               // type and address of the object
  const char* operation;     // the operation that noticed
  std::uint32_t references;  // external references seen, 0 when the state has none
  const char* state;         // the word's state as it was seen
  const void* const* stack;  // return addresses, innermost first
  std::size_t stack_depth;   // how many; 0 where the platform cannot unwind
};

using violation_handler = void (*)(const violation_report&) noexcept;

/// Writes the report to stderr and returns. The operation that noticed leaks the object.
LASTOUT_COLD inline void report_and_leak(const violation_report& report) noexcept {
  std::fprintf(stderr,
               "lastout: violation %s in %s of %s at %p: state %s, %lu external references\n",
               name(report.what), report.operation, report.who.type, report.who.object,
               report.state, static_cast<unsigned long>(report.references));
  for (std::size_t i = 0; i < report.stack_depth; ++i) {
    std::fprintf(stderr, "  #%zu %p\n", i, report.stack[i]);
  }
}

/// Writes the report to stderr and ends the process.
[[noreturn]] LASTOUT_COLD inline void report_and_abort(const violation_report& report) noexcept {
  report_and_leak(report);
  std::abort();
}

namespace violation_detail {

inline constinit atomic<violation_handler> handler{&report_and_leak};

struct walk {
  static constexpr std::size_t depth_max = 24;
  const void* frames[depth_max] = {};
  std::size_t depth = 0;
};

inline _Unwind_Reason_Code step(_Unwind_Context* context, void* into) noexcept {
  auto* out = static_cast<walk*>(into);
  if (out->depth == walk::depth_max) return _URC_END_OF_STACK;
  out->frames[out->depth++] = reinterpret_cast<const void*>(_Unwind_GetIP(context));
  return _URC_NO_REASON;
}

}  // namespace violation_detail

/// Chooses who is told of violations from now on; nullptr: report_and_leak again.
/// Requires  a handler that misuses nothing itself; it may run under locks of its callers.
/// Order     (20) release.
/// Returns   the handler that was in force.
inline violation_handler on_violation(violation_handler told) noexcept {
  // (20) pairs with (21)
  return violation_detail::handler.exchange(told != nullptr ? told : &report_and_leak,
                                            order::release);
}

/// Tells the handler. For styles and words; also for styles that users bring.
LASTOUT_COLD inline void report(violation what, subject who, const char* operation,
                                std::uint32_t references = 0,
                                const char* state = "unknown") noexcept {
  violation_detail::walk stack;
  _Unwind_Backtrace(&violation_detail::step, &stack);
  // (21) pairs with (20)
  violation_detail::handler.load(order::acquire)(
      {what, who, operation, references, state, stack.frames, stack.depth});
}

}  // namespace lastout
