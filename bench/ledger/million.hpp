// million.hpp - many references at once: what they take, and how long it takes to write them down.

#pragma once

#include <cstdint>
#include <string>

#include <nlohmann/json_fwd.hpp>

namespace bench {

/// Bytes that this process grows by for each of so many references to a few objects, and for each
/// of so many objects with its first reference. For a process that has done nothing else.
nlohmann::ordered_json weigh_references(std::uint64_t references);
nlohmann::ordered_json weigh_objects(std::uint64_t objects);

/// Seconds that a dump takes, to memory and to a file in that folder, of so many references; and
/// how many it has written.
/// Throws    std::runtime_error when the ledger is not compiled in, or cannot write.
nlohmann::ordered_json time_dumps(std::uint64_t references, bool to_few_objects,
                                  const std::string& folder);

}  // namespace bench
