// config.hpp - the one build switch of the core, and what keeps two settings from meeting.
//
// LASTOUT_CHECKED 1 compiles in the checks that cost something: the wrong mutex, the wrong thread,
// an empty handle that is dereferenced, who holds an active reference. 0 leaves them out. A type
// may have another layout in each setting, so each setting is an ABI of its own: the inline
// namespace makes linking two functions whose parameters name one of our types, built both ways, an
// error. It cannot speak for a type of yours that contains one of ours: build all of a program one
// way.

#pragma once

#ifndef LASTOUT_CHECKED
#define LASTOUT_CHECKED 0
#endif

#if LASTOUT_CHECKED
#define LASTOUT_ABI checked
#else
#define LASTOUT_ABI unchecked
#endif

/// Out of line, and placed away from the hot code: for what is rare or misuse.
#define LASTOUT_COLD [[gnu::cold, gnu::noinline]]
/// Out of line, and compiled for speed: for the last put, which each object has.
#define LASTOUT_OUT_OF_LINE [[gnu::noinline]]

namespace lastout {
inline namespace LASTOUT_ABI {

/// True when the costly checks are compiled in.
inline constexpr bool checked_build = LASTOUT_CHECKED != 0;

}  // namespace LASTOUT_ABI
}  // namespace lastout
