// dump_client.hpp - asks the ledger of a running process, over its abstract socket.

#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>

#include "dump.hpp"

namespace lastout::ledger_reader {

/// Why a process did not answer, or what it answered instead, and what to do about it.
class no_answer : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct patience {
  /// How long nothing may come.
  std::chrono::milliseconds silence = std::chrono::seconds(10);
  /// Asked after each signal and a few times a second: true ends the waiting.
  std::function<bool()> stop = [] { return false; };
};

/// One question: dump, counters, metrics, `set TEXT` or `watch ADDRESS [N]`.
/// Returns   the answer, without the `ok` before it.
/// Throws    no_answer.
std::string ask(std::uint64_t pid, std::string_view question, const patience& wait = {});

/// The process's dump. Throws  no_answer, bad_dump.
dump ask_dump(std::uint64_t pid, const patience& wait = {});

}  // namespace lastout::ledger_reader
