// settings.cpp - the words of LASTOUT_LEDGER: refused with the word that is to blame, or a choice
// that is written down, read back the same, and put into force.

#include <cstddef>
#include <cstdint>
#include <string>

#include <ledger/choice.hpp>
#include <ledger/object_table.hpp>
#include <ledger/stack_book.hpp>

#include "expect.hpp"

namespace {

using namespace lastout::ledger;
using fuzz::check;
using fuzz::same;

void same_choice(const choice& is, const choice& wanted) {
  same(is.every_type, wanted.every_type, "all");
  same(is.types == wanted.types, true, "types");
  same(is.share, wanted.share, "share");
  same(is.stack_depth, wanted.stack_depth, "stacks");
  same(is.history, wanted.history, "history");
  same(is.checks, wanted.checks, "checks");
  same(is.quarantine_bytes, wanted.quarantine_bytes, "quarantine");
  same(is.at_exit, wanted.at_exit, "exit");
  same(is.chaos_seed == wanted.chaos_seed, true, "chaos");
  same(is.socket, wanted.socket, "socket");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);  // from the heap
  choice read;
  const std::string refused = read_choice(text, read);
  if (!refused.empty()) {
    check(refused.starts_with("'") || refused.starts_with("types="), "it names the word");
    return 0;
  }
  check(read.share >= 1, "one object in none is not asked for");
  check(read.stack_depth <= stack_depth_max, "stacks within bounds");
  check(read.history <= history_max, "histories within bounds");
  check(read.quarantine_bytes <= std::uint64_t{1} << 40, "quarantine within bounds");
  for (const std::string& each : read.types) {
    check(!each.empty() && each.find_first_of(",+") == std::string::npos, "a type has a name");
  }
  choice read_again;
  same(read_choice(to_text(read), read_again), std::string(), "it is read again");
  same_choice(read_again, read);
  // Into force, but for what would write files or end the fuzzer's own memory.
  choose(read);
  same_choice(chosen(), read);
  choose(choice{});
  return 0;
}
