// wording.cpp - see wording.hpp.

#include "wording.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <ctime>
#include <utility>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "../units.hpp"

namespace cli::ledger {
namespace {

constexpr std::uint64_t second_ns = 1'000'000'000;

}  // namespace

const char* word(lastout::ledger_reader::reference_kind kind) {
  static constexpr std::array<const char*, 5> words{"external", "active", "passive", "existence",
                                                    "given"};
  return words[static_cast<std::size_t>(kind)];
}

const char* word(lastout::ledger_reader::deed what) {
  static constexpr std::array<const char*, 9> words{
      "born", "got", "refused", "resurrected", "put", "killed", "released", "given", "adopted"};
  return words[static_cast<std::size_t>(what)];
}

std::string age(std::uint64_t from_ns, std::uint64_t to_ns) {
  const std::uint64_t seconds = to_ns < from_ns ? 0 : (to_ns - from_ns) / second_ns;
  const std::uint64_t days = seconds / 86400;
  return fmt::format("{}{:02}:{:02}:{:02}", days == 0 ? std::string() : count_of(days, "day") + " ",
                     seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
}

double seconds_between(std::uint64_t from_ns, std::uint64_t to_ns) {
  return to_ns < from_ns ? 0 : static_cast<double>(to_ns - from_ns) / second_ns;
}

std::string when(const dump& of) {
  const auto seconds = static_cast<std::time_t>(of.real_ns / second_ns);
  std::tm parts{};
  if (localtime_r(&seconds, &parts) == nullptr) return "at an unknown time";
  return fmt::format("{:%Y-%m-%d %H:%M:%S}", parts);
}

std::string shown(std::string_view text) {
  std::string out(text);
  for (char& each : out) {
    if (static_cast<unsigned char>(each) < 32 || each == 127) each = '?';
  }
  return out;
}

std::string thread_text(const dump& of, std::uint32_t number) {
  if (number == lastout::ledger_reader::none) return "an unknown thread";
  const auto& thread = of.threads[number];
  return fmt::format("thread{} ({}{})",
                     thread.name.empty() ? std::string() : " \"" + shown(thread.name) + "\"",
                     thread.tid, thread.runs ? "" : ", ended");
}

std::string threads_text(const dump& of, const std::map<std::uint32_t, std::uint64_t>& threads) {
  if (threads.empty()) return "an unknown thread";
  const auto most =
      std::max_element(threads.begin(), threads.end(),
                       [](const auto& a, const auto& b) { return a.second < b.second; });
  std::string out = thread_text(of, most->first);
  if (threads.size() > 1) out += fmt::format(" and {}", count_of(threads.size() - 1, "other"));
  return out;
}

std::string stack_text(stack_names& names, const std::vector<std::uint64_t>* addresses,
                       std::size_t indent) {
  const std::string before(indent, ' ');
  if (addresses == nullptr) return before + "(no stack was noted)\n";
  const auto frames = names.frames(*addresses);
  if (frames.empty()) return before + "(no frame outside of the library)\n";
  constexpr std::size_t width_max = 48;
  std::size_t width = 0;
  for (const auto& each : frames) {
    if (each.function.size() <= width_max) width = std::max(width, each.function.size());
  }
  std::string out;
  for (const auto& each : frames) {
    std::string line = fmt::format("{}{:<{}}  {}", before, shown(each.function), width, each.place);
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + "\n";
  }
  return out;
}

std::string process_text(const dump& of) {
  std::string out = fmt::format("process {} ({}), {}", of.pid, shown(of.program), when(of));
  if (of.forked_from) {
    out += fmt::format("; forked from {} {} before", *of.forked_from, age(of.forked_ns, of.now_ns));
  }
  return out;
}

std::string no_objects_text(const dump& of) {
  const bool off = of.settings.empty() || of.settings == "off" || of.settings.starts_with("off,");
  if (off) {
    return fmt::format(
        "nothing is tracked: 'lastout set {} all' tracks all from then on, LASTOUT_LEDGER=all from "
        "the "
        "start\n",
        of.pid);
  }
  return fmt::format("no tracked object is there (tracked: {})\n", shown(of.settings));
}

json stack_json(stack_names& names, const std::vector<std::uint64_t>* addresses) {
  if (addresses == nullptr) return nullptr;
  json out = json::array();
  for (const auto& each : names.frames(*addresses)) {
    json& frame = out.emplace_back(json::object());
    frame["function"] = each.function;
    if (!each.place.empty()) frame["place"] = each.place;
  }
  return out;
}

json thread_json(const dump& of, std::uint32_t number) {
  if (number == lastout::ledger_reader::none) return nullptr;
  const auto& thread = of.threads[number];
  return {{"tid", thread.tid}, {"name", thread.name}, {"runs", thread.runs}};
}

json process_json(const dump& of) {
  json out = {{"pid", of.pid},
              {"program", of.program},
              {"at_ns_since_1970", of.real_ns},
              {"settings", of.settings},
              {"missed", of.missed}};
  if (of.forked_from) out["forked_from"] = *of.forked_from;
  return out;
}

std::string address_text(std::uint64_t address) { return fmt::format("{:#x}", address); }

std::string json_text(const json& of) {
  return of.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

}  // namespace cli::ledger
