// config.hpp - the one build switch of the core, and what keeps two settings from meeting.
//
// LASTOUT_CHECKED 1 compiles in the checks that cost something: the wrong mutex, the wrong thread,
// an empty handle that is dereferenced, who holds an active reference. 0 leaves them out. A type
// may have another layout in each setting, so each setting is an ABI of its own: the inline
// namespace makes linking objects built both ways an error instead of silent corruption.

#pragma once

#ifndef LASTOUT_CHECKED
#define LASTOUT_CHECKED 0
#endif

#if LASTOUT_CHECKED
#define LASTOUT_ABI checked
#else
#define LASTOUT_ABI plain_build
#endif

/// Out of line, and placed away from the hot code.
#define LASTOUT_COLD [[gnu::cold, gnu::noinline]]

namespace lastout {
inline namespace LASTOUT_ABI {

/// True when the costly checks are compiled in.
inline constexpr bool checked_build = LASTOUT_CHECKED != 0;

}  // namespace LASTOUT_ABI
}  // namespace lastout
