// following.hpp - a running process is asked again and again, until Ctrl-C or until it does not answer.
//
// Requires  interrupt::watch.

#pragma once

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <optional>
#include <thread>

#include <fmt/format.h>
#include <ledger/dump_client.hpp>

#include "../interrupt.hpp"

namespace cli::ledger {

/// Waits for an answer until Ctrl-C.
inline lastout::ledger_reader::patience until_interrupted() {
  return {.stop = [] { return interrupt::received() != 0; }};
}

/// What `ask()` returns. Empty when nobody answers: the reason has been said, unless it is Ctrl-C.
template <class Ask>
auto answer_of(Ask ask) -> std::optional<decltype(ask())> {
  try {
    return ask();
  } catch (const lastout::ledger_reader::no_answer& why) {
    if (interrupt::received() == 0) fmt::print(stderr, "lastout: {}\n", why.what());
    return std::nullopt;
  }
}

/// Returns after that time, or at Ctrl-C.
inline void pause(std::chrono::duration<double> how_long) {
  constexpr std::chrono::duration<double> slice = std::chrono::milliseconds(50);
  const auto end = std::chrono::steady_clock::now() + how_long;
  while (interrupt::received() == 0) {
    const std::chrono::duration<double> left = end - std::chrono::steady_clock::now();
    if (left.count() <= 0) break;
    std::this_thread::sleep_for(std::min(left, slice));
  }
}

}  // namespace cli::ledger
