// event.hpp - what happens to a reference or to an object.

#pragma once

#include <cstdint>

namespace lastout {

/// For a type that wants to know (`observe`, counted.hpp), and for the ledger.
enum class event : std::uint8_t {
  born,         // has its first external reference
  got,          // one more external reference
  refused,      // get_not_zero answered no
  resurrected,  // one external reference, from idle
  put,          // one external reference less
  killed,       // dead while idle, or by its last put in spite of a cache
  released,     // its memory, or whatever release() gives back, goes
};

}  // namespace lastout
