// frames.hpp - stacks, threads and moments as text, inside the running program.

#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace lastout::ledger {

/// "function  file:line", innermost first, the library's own left out.
std::vector<std::string> lines_of(const void* const* frames, std::size_t depth);
std::vector<std::string> lines_of_stack(std::uint32_t number);

/// Around a fork: the child finds it in order.
bool lock_names(bool interrupted) noexcept;
void unlock_names() noexcept;

/// thread "worker-3" (tid 4711), or thread 4711 when it has no name of its own.
std::string thread_text(std::uint32_t number);
std::uint32_t this_thread_number() noexcept;

/// hh:mm:ss since then.
std::string ago_text(std::uint64_t when_ns);
std::string address_text(const void* address);
/// "1 reference", "2 references".
std::string counted(std::size_t n, const char* what);

}  // namespace lastout::ledger
