// dump.hpp - what a ledger wrote down, read back: every outstanding reference at one moment.
//
// Format: docs/dump-format.md. Numbers in here are indices into the vectors of the same dump.

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace lastout::ledger_reader {

inline constexpr std::uint32_t none = ~std::uint32_t{0};

enum class reference_kind : std::uint8_t { external, active, passive, existence, given };
enum class deed : std::uint8_t {
  born,
  got,
  refused,
  resurrected,
  put,
  killed,
  released,
  given,
  adopted
};

struct reference {
  std::uint32_t thread = none;
  std::uint32_t stack = none;
  std::uint32_t tag = none;
  reference_kind kind = reference_kind::external;
  std::uint64_t since_ns = 0;
  std::uint64_t where = 0;  // the handle's address
  std::uint64_t owner = 0;  // the object that was declared to hold it
};

/// One entry of an object's history.
struct happening {
  std::uint64_t when_ns = 0;
  std::uint32_t thread = none;
  std::uint32_t stack = none;
  deed what = deed::got;
  std::uint64_t where = 0;
};

struct object {
  std::uint32_t type = none;
  std::uint64_t address = 0;
  std::optional<std::uint32_t> references;  // what its own count says
  std::string state;
  bool whole = false;  // tracked since its birth
  std::uint64_t born_ns = 0;
  std::uint32_t born_thread = none;
  std::uint32_t born_stack = none;
  std::vector<reference> held;
  std::vector<std::uint64_t> keeps;  // declared edges
  std::vector<happening> history;
};

struct dead_object {
  std::uint32_t type = none;
  std::uint64_t address = 0;
  std::uint64_t born_ns = 0, died_ns = 0;
  std::uint32_t born_thread = none, died_thread = none;
  std::uint32_t born_stack = none, died_stack = none;
};

struct type {
  std::string name;
  std::uint64_t size = 0;
  std::uint64_t share = 0;  // one object in so many is tracked; 0: none
  std::uint64_t born = 0, released = 0, gets = 0, puts = 0, refused = 0, resurrected = 0,
                killed = 0;
};

struct thread {
  std::uint64_t tid = 0;
  bool runs = false;
  std::string name;
};

struct module {
  std::uint64_t begin = 0, end = 0, offset = 0;
  std::string build_id;  // empty: none
  std::string path;
};

struct dump {
  std::uint64_t pid = 0;
  std::uint64_t now_ns = 0;   // monotonic
  std::uint64_t real_ns = 0;  // since 1970
  std::string program;
  std::optional<std::uint64_t> forked_from;
  std::uint64_t forked_ns = 0;
  std::string settings;
  std::uint64_t missed = 0;
  std::vector<module> modules;
  std::vector<type> types;
  std::vector<thread> threads;
  std::vector<std::string> tags;
  std::vector<std::vector<std::uint64_t>> stacks;
  std::vector<object> objects;
  std::vector<dead_object> dead;
};

}  // namespace lastout::ledger_reader
