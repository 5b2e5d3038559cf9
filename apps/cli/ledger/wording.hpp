// wording.hpp - how stacks, threads, times and holders are told, to people and as JSON.

#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <ledger/dump.hpp>
#include <nlohmann/json.hpp>
#include <symbols/stack_names.hpp>

namespace cli::ledger {

using json = nlohmann::ordered_json;
using lastout::ledger_reader::dump;
using lastout::symbols::stack_names;

const char* word(lastout::ledger_reader::reference_kind kind);
const char* word(lastout::ledger_reader::deed what);

/// 00:01:12 between two moments of one clock, with days before it when there are any.
std::string age(std::uint64_t from_ns, std::uint64_t to_ns);
/// Seconds, for JSON; 0 when `from_ns` is later.
double seconds_between(std::uint64_t from_ns, std::uint64_t to_ns);

/// The day and the time at which a dump was made, as the clock on the wall has it.
std::string when(const dump& of);

/// What is free text of another program, fit for a terminal: no control characters.
std::string shown(std::string_view text);

/// thread "worker-3" (4711)
std::string thread_text(const dump& of, std::uint32_t number);
/// The same of several, the one with most references first.
std::string threads_text(const dump& of, const std::map<std::uint32_t, std::uint64_t>& threads);

/// One line of its own for each frame, each with so many spaces before it, functions lined up.
std::string stack_text(stack_names& names, const std::vector<std::uint64_t>* addresses,
                       std::size_t indent);

/// The process, for the first line of an answer.
std::string process_text(const dump& of);
/// Of a dump without objects: that there are none, what is tracked, and how to track something.
std::string no_objects_text(const dump& of);

json stack_json(stack_names& names, const std::vector<std::uint64_t>* addresses);
json thread_json(const dump& of, std::uint32_t number);
json process_json(const dump& of);

/// "0x..."
std::string address_text(std::uint64_t address);

/// As text that ends with a line's end. Names may be any bytes: what is no UTF-8 is told with the
/// replacement character.
std::string json_text(const json& of);

}  // namespace cli::ledger
