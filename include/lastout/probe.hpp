// probe.hpp - a place for a tracer at each event: USDT probes `lastout:get`, `put`, `birth`,
// `refuse`, `resurrect`, `evict`, `release`, each with the type's name, the object's address and how
// many references.
//
//   bpftrace -e 'usdt:./program:lastout:evict { @[str(arg0)] = count(); }'
//
// Compiled in with the ledger where <sys/sdt.h> is there (Debian: systemtap-sdt-dev), or as
// LASTOUT_PROBES says. A probe that nobody listens to is one instruction that does nothing.
//
// Source: systemtap's <sys/sdt.h>. Record: docs/design/0018-ledger.md.

#pragma once

#include <cstdint>

#include <lastout/config.hpp>
#include <lastout/event.hpp>

#ifndef LASTOUT_PROBES
#if LASTOUT_LEDGER && defined(__has_include)
#if __has_include(<sys/sdt.h>)
#define LASTOUT_PROBES 1
#endif
#endif
#endif
#ifndef LASTOUT_PROBES
#define LASTOUT_PROBES 0
#endif

#if LASTOUT_PROBES
#include <sys/sdt.h>
#endif

namespace lastout {
inline namespace LASTOUT_ABI {

/// Requires  a constant `what`: one probe is compiled in for each.
[[gnu::always_inline]] inline void probe([[maybe_unused]] event what,
                                         [[maybe_unused]] const char* type,
                                         [[maybe_unused]] const void* object,
                                         [[maybe_unused]] std::uint32_t n) noexcept {
#if LASTOUT_PROBES
  switch (what) {
    case event::born: STAP_PROBE3(lastout, birth, type, object, n); break;
    case event::got: STAP_PROBE3(lastout, get, type, object, n); break;
    case event::refused: STAP_PROBE3(lastout, refuse, type, object, n); break;
    case event::resurrected: STAP_PROBE3(lastout, resurrect, type, object, n); break;
    case event::put: STAP_PROBE3(lastout, put, type, object, n); break;
    case event::killed: STAP_PROBE3(lastout, evict, type, object, n); break;
    case event::released: STAP_PROBE3(lastout, release, type, object, n); break;
  }
#endif
}

}  // namespace LASTOUT_ABI
}  // namespace lastout
