// type_counters.cpp - see type_counters.hpp.

#include "type_counters.hpp"

#include <algorithm>

#include "dump_client.hpp"
#include "dump_line.hpp"

namespace lastout::ledger_reader {
namespace {

type_counters read_type(dump_line& line) {
  type_counters out;
  out.number = line.number("number");
  out.share = line.number("share");
  out.alive = line.number("alive");
  out.idle = line.number("idle");
  out.pinned = line.number("pinned");
  out.born = line.number("born");
  out.released = line.number("released");
  out.gets = line.number("gets");
  out.puts = line.number("puts");
  out.refused = line.number("refused");
  out.resurrected = line.number("resurrected");
  out.killed = line.number("killed");
  out.oldest_since_ns = line.number_or_none("oldest reference");
  out.name = line.text("name");
  return out;
}

const type_counters* find(const counters& in, std::uint64_t number) {
  const auto found = std::find_if(in.types.begin(), in.types.end(),
                                  [number](const auto& each) { return each.number == number; });
  return found == in.types.end() ? nullptr : &*found;
}

}  // namespace

counters read_counters(std::string_view text) {
  counters out;
  bool has_now = false;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    const std::string_view one = text.substr(0, end);
    try {
      dump_line line(one);
      if (line.first() == "now") {
        out.now_ns = line.number("time");
        has_now = true;
      } else if (line.first() == "counters") {
        out.types.push_back(read_type(line));
      }
    } catch (const dump_line::wrong& is) {
      throw no_answer("its counters are not understood: '" + std::string(one) + "': " + is.what +
                      "; use the lastout command that came with the program");
    }
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  if (!has_now) throw no_answer("its counters have no time; it may have ended: try again");
  return out;
}

type_rates rates(const counters& before, const counters& after, std::uint64_t number) {
  const type_counters* const was = find(before, number);
  const type_counters* const is = find(after, number);
  if (was == nullptr || is == nullptr || after.now_ns <= before.now_ns) return {};
  const double seconds = static_cast<double>(after.now_ns - before.now_ns) / 1e9;
  // Tallies only grow, but for a process that forked and began anew.
  const auto rate = [seconds](std::uint64_t a, std::uint64_t b) {
    return b < a ? 0.0 : static_cast<double>(b - a) / seconds;
  };
  return {rate(was->gets, is->gets), rate(was->puts, is->puts), rate(was->born, is->born),
          rate(was->released, is->released)};
}

}  // namespace lastout::ledger_reader
