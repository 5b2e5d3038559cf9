// type_choice.hpp - what of a dump is asked about: one type, one object, and how much of it.

#pragma once

#include <cstdint>
#include <string>

#include <ledger/dump.hpp>

#include "../text_option.hpp"

namespace cli::ledger {

/// Leaves only what --type and --object ask for. Throws  bad_request when it is not there.
void choose(lastout::ledger_reader::dump& of, const text_option& type, const text_option& object);

/// What --most says: 20 when it does not, ~0 for 0. Throws  bad_request.
std::uint64_t most_of(const text_option& most, std::uint64_t unsaid = 20);

/// Says that no tracked object is at that address, and what is known of one that was there.
/// Throws  bad_request.
[[noreturn]] void refuse_object(const lastout::ledger_reader::dump& of, const char* option,
                                std::uint64_t address);

}  // namespace cli::ledger
