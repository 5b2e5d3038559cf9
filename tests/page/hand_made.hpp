// hand_made.hpp - dumps made by hand: small enough to know what a page must say about them.

#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "ledger/dump.hpp"
#include "ledger/page.hpp"

namespace lastout::ledger_reader {

/// A reference in the order in which tests think of one.
reference held_at(std::uint64_t where, std::uint64_t since_ns, std::uint32_t stack = none,
                  std::uint32_t tag = none, std::uint32_t thread = none);

object made(std::uint32_t type, std::uint64_t address, std::vector<reference> held = {});

/// Text that would do harm if a page took it for markup or script.
inline const std::string hostile_type = "</script><b id=\"hostile\">app::evil";
inline const std::string hostile_tag = "<img src=\"x\" onerror=\"window.hostile=1\">&lt;@script@";
inline const std::string hostile_thread = "\"><svg onload=window.hostile=1>";
inline const std::string hostile_frame =
    "operator<!--<script>window.hostile=1</script>  evil.cpp:1";

/// A server at three moments, 10 and 30 seconds after the first. Its connections grow: 2, 5 and 12
/// sessions are held at one place. In the last dump a session and a connection keep each other, a
/// listener that a thread holds keeps a connection that keeps a session, and the session has a
/// history; some names are hostile.
std::vector<dump> server();

/// The frames of server(), by address.
std::vector<std::string> server_frames(const dump& of, std::uint64_t address);

/// Many objects, half of them in one chain, with `references` references from as many stacks as said.
dump large(std::size_t objects, std::size_t references, std::size_t stacks);

}  // namespace lastout::ledger_reader
