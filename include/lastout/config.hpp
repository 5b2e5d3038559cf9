// config.hpp - the two build switches of the core, and what keeps two settings from meeting.
//
// LASTOUT_CHECKED 1 compiles in the checks that cost something: the wrong mutex, the wrong thread,
// an empty handle that is dereferenced, who holds an active reference. 0 leaves them out.
//
// LASTOUT_LEDGER compiles in what the ledger needs: 1 for references to objects of every type, 2
// for the types that LASTOUT_IN_LEDGER names (in_ledger.hpp), 0 leaves it out: no byte, no
// instruction. It needs the library `lastout_ledger` besides the headers.
//
// Handles and objects have another layout in each setting. Each setting is an ABI of its own: the
// inline namespace makes linking two functions whose parameters name one of our types, built both
// ways, an error. It cannot speak for a type of yours that contains one of ours; for the ledger a
// symbol besides does: two translation units of one program or library that were compiled with
// different settings do not link.

#pragma once

#ifndef LASTOUT_CHECKED
#define LASTOUT_CHECKED 0
#endif
#ifndef LASTOUT_LEDGER
#define LASTOUT_LEDGER 0
#endif

#if LASTOUT_LEDGER < 0 || LASTOUT_LEDGER > 2
#error "LASTOUT_LEDGER is 0 (off), 1 (every type) or 2 (the types that LASTOUT_IN_LEDGER names)"
#endif

#if LASTOUT_CHECKED && LASTOUT_LEDGER == 2
#define LASTOUT_ABI checked_named_ledger
#elif LASTOUT_CHECKED && LASTOUT_LEDGER
#define LASTOUT_ABI checked_ledger
#elif LASTOUT_CHECKED
#define LASTOUT_ABI checked
#elif LASTOUT_LEDGER == 2
#define LASTOUT_ABI unchecked_named_ledger
#elif LASTOUT_LEDGER
#define LASTOUT_ABI unchecked_ledger
#else
#define LASTOUT_ABI unchecked
#endif

// A number without memory: linkers take it twice when it is the same number, and else name it. Where
// link-time optimisation has made one part of several, the assembler does; clang's takes no symbol
// twice then: with clang and -flto define LASTOUT_LTO, and nothing is compared.
#if defined(__ELF__) && !defined(LASTOUT_ANY_LEDGER) && !defined(LASTOUT_LTO)
#define LASTOUT_TEXT_OF(x) #x
#define LASTOUT_TEXT(x) LASTOUT_TEXT_OF(x)
__asm__(
    ".ifndef lastout_has_one_LASTOUT_LEDGER_in_a_program\n"
    ".globl lastout_has_one_LASTOUT_LEDGER_in_a_program\n"
    ".hidden lastout_has_one_LASTOUT_LEDGER_in_a_program\n"
    ".set lastout_has_one_LASTOUT_LEDGER_in_a_program, " LASTOUT_TEXT(LASTOUT_LEDGER) "\n"
    ".else\n"
    ".if lastout_has_one_LASTOUT_LEDGER_in_a_program - " LASTOUT_TEXT(LASTOUT_LEDGER) "\n"
    ".error \"parts of this program were compiled with different LASTOUT_LEDGER\"\n"
    ".endif\n"
    ".endif\n");
#undef LASTOUT_TEXT
#undef LASTOUT_TEXT_OF
#endif

/// Out of line, and placed away from the hot code: for what is rare or misuse.
#define LASTOUT_COLD [[gnu::cold, gnu::noinline]]
/// Out of line, and compiled for speed: for the last put, which each object has.
#define LASTOUT_OUT_OF_LINE [[gnu::noinline]]

namespace lastout {
inline namespace LASTOUT_ABI {

/// True when the costly checks are compiled in.
inline constexpr bool checked_build = LASTOUT_CHECKED != 0;
/// True when the ledger is compiled in, for some types at least.
inline constexpr bool ledger_build = LASTOUT_LEDGER != 0;

}  // namespace LASTOUT_ABI
}  // namespace lastout
