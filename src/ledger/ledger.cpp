// ledger.cpp - what the program asks of the ledger.

#include <lastout/ledger.hpp>

#include <exception>
#include <new>

#include "choice.hpp"
#include "dump_writer.hpp"
#include "leak_report.hpp"
#include "object_table.hpp"
#include "service.hpp"
#include "start.hpp"
#include "whole_file.hpp"

namespace lastout::ledger {
std::string apply(std::string_view text) {
  try {
    choice wanted;
    std::string wrong = read_choice(text, wanted);
    if (!wrong.empty()) return wrong;
    start();
    choose(wanted);
    // Who tracks nothing can be asked to; only `socket=off` leaves the program alone.
    serve(wanted.socket);
  } catch (const std::bad_alloc&) {
    return "out of memory";
  } catch (const std::exception& wrong) {
    return wrong.what();
  }
  return {};
}

std::string settings() { return to_text(chosen()); }

std::string dump() { return write_dump(); }

std::string dump_to(const std::string& path) { return write_whole_file(path, write_dump()); }

bool watch(const void* object, std::size_t events) { return keep_history(object, events); }

std::string report() { return leak_report(); }

}  // namespace lastout::ledger
