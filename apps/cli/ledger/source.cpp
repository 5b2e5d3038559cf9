// source.cpp - see source.hpp.

#include "source.hpp"

#include <fmt/format.h>
#include <ledger/dump_client.hpp>
#include <ledger/dump_reader.hpp>

#include "../command.hpp"
#include "../units.hpp"

namespace cli::ledger {

std::optional<std::uint64_t> as_process(const std::string& said) {
  if (said.empty() || said.find_first_not_of("0123456789") != std::string::npos)
    return std::nullopt;
  const auto pid = parse_number(said);
  if (!pid || *pid == 0)
    throw bad_request(
        fmt::format("{}: there is no such process; a file is told as ./{}", said, said));
  return pid;
}

std::uint64_t process_of(const std::string& said) {
  const auto pid = as_process(said);
  if (!pid) throw bad_request(fmt::format("'{}': give the number of a running process", said));
  return *pid;
}

lastout::ledger_reader::dump read(const std::string& said) {
  if (const auto pid = as_process(said)) return lastout::ledger_reader::ask_dump(*pid);
  return lastout::ledger_reader::read_dump_file(said);
}

std::uint64_t address_of(const char* option, const std::string& said) {
  const auto address = said.starts_with("0x") || said.starts_with("0X") ? parse_number(said)
                                                                        : parse_number("0x" + said);
  if (!address) refuse(option, said, "give an address as reports tell it, such as 0x55d0c2a4eb20");
  return *address;
}

std::vector<lastout::symbols::module> modules_of(const lastout::ledger_reader::dump& of) {
  std::vector<lastout::symbols::module> out;
  out.reserve(of.modules.size());
  for (const auto& each : of.modules)
    out.push_back({each.begin, each.end, each.offset, each.build_id, each.path});
  return out;
}

}  // namespace cli::ledger
