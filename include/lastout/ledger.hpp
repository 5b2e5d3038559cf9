// ledger.hpp - who holds it: every outstanding reference, with its holder, since when and from
// where.
//
// Compiled in with LASTOUT_LEDGER (config.hpp) and the library `lastout_ledger`. What is tracked is
// chosen while the program runs:
//
//   - before it starts, by the environment: LASTOUT_LEDGER="types=inode+file,share=1/100,stacks=12"
//   - from inside, by apply()
//   - from outside: `lastout set PID TEXT`
//
//   word               meaning                                                          default
//   all, off           every type; none                                                 off
//   types=A+B          these: the type's name, or the last part of it
//   share=1/N          one object in N, chosen by its address                           1/1
//   stacks=DEPTH       how many callers are noted of each reference, 0 to 64            16
//   history=N          the last N events of each object are kept, 0 to 65536            0
//   checks             each put is looked at as if it were the last (lock_watch.hpp), and each get
//                      for whether there was a reference to get from
//   quarantine=BYTES   freed objects are poisoned and kept in so many bytes             0
//   exit=report        a report of what is still held when the program ends
//   exit=FILE          a dump to that file when it ends
//   chaos=SEED         rare things happen often, the same ones for a seed: late releases,
//                      releases by another thread, refused look-ups, objects back from idle
//   socket=off         no questions from outside
//
// Tracking that begins while objects are alive knows the references that are taken from then on, and
// says how many it does not know. After fork() the child starts clean: it knows what it takes itself.
//
// Without LASTOUT_LEDGER all of this can be called, and does nothing.
//
// Cost, and what one reference takes: docs/design/0018-ledger.md.
//
// Source: rules 55, 56, 62-67. Record: docs/design/0018-ledger.md.

#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <lastout/violation.hpp>

namespace lastout::ledger {

#if LASTOUT_LEDGER || defined(LASTOUT_ANY_LEDGER)

/// Chooses what is tracked from now on. Words that are not said get their defaults.
/// Returns   empty; or what is wrong with the text, and then nothing has changed.
std::string apply(std::string_view text);

/// What is being tracked, as apply() takes it.
std::string settings();

/// Everything that is known, as docs/dump-format.md says.
/// Order     each object is seen at one moment, not all of them at the same one.
std::string dump();

/// Writes a dump to a file that appears under that name when it is whole, and replaces an older one
/// then. A pipe, a device, or what is open as standard output or error is written to as it is.
/// Returns   empty; or what went wrong, and then whatever was there is there still.
std::string dump_to(const std::string& path);

/// Keeps the last `events` events of the object at that address.
/// Returns   false when no tracked object is there, or there is no memory to keep them in.
bool watch(const void* object, std::size_t events = 1024);

/// What is still held, as text: first what lies in no tracked object, grouped by type, stack and tag;
/// then how much is held through that; then what is held by objects that nobody holds from outside
/// (a cycle). Existence references are not in it, nor what is held through them.
/// Returns   empty when nothing is.
std::string report();

/// What is known of the object at that address, as text: who holds it, or who released it.
/// Returns   empty when nothing is.
std::string about(const void* object);

/// What the ledger has to add to a violation, as text: for a handler of your own (on_violation). Where
/// the program has none, it is printed.
/// Requires  called from the handler.
std::string explain(const violation_report& report);

/// Keeps the memory that a tracked object has left, poisoned, for as long as `quarantine` says: for
/// an operator delete of your own, or a release() that frees. What `delete` frees by default is kept
/// without being asked.
/// Requires  the object has been destroyed, and `memory` is where it was, or the part of that at which
///           nobody looks any more: a word in memory that stays of one type is left out.
///           `give(block)` gives back what that memory is a part of, at any time and on any thread.
/// Returns   false when it is not kept: give it back yourself.
[[nodiscard]] bool quarantine(void* memory, std::size_t bytes, void* block,
                              void (*give)(void* block) noexcept) noexcept;

/// Gives back all memory that is kept. What has been written to is told: violation::used_once_freed.
void empty_quarantine() noexcept;

/// Counts of the tracked objects, as OpenMetrics text.
std::string open_metrics();

/// Waits until the releases that chaos has handed to another thread are done.
void settle() noexcept;

#else
// Left out: nobody knows anything, and what should be done fails with the reason.
inline namespace left_out {

inline std::string apply(std::string_view) {
  return "this program was built without the ledger: LASTOUT_LEDGER is 0";
}
inline std::string settings() { return "off"; }
inline std::string dump() { return {}; }
inline std::string dump_to(const std::string&) { return apply({}); }
inline bool watch(const void*, std::size_t = 1024) { return false; }
inline std::string report() { return {}; }
inline std::string about(const void*) { return {}; }
inline std::string explain(const violation_report&) { return {}; }
inline bool quarantine(void*, std::size_t, void*, void (*)(void*) noexcept) noexcept {
  return false;
}
inline void empty_quarantine() noexcept {}
inline std::string open_metrics() { return "# EOF\n"; }
inline void settle() noexcept {}

}  // namespace left_out
#endif

}  // namespace lastout::ledger
