// violation_log.cpp - see violation_log.hpp.

#include "violation_log.hpp"

#include <algorithm>
#include <mutex>
#include <span>

#include <fmt/format.h>

namespace cli::violation_log {
namespace {

struct remembered {
  lastout::violation_report report;
  std::array<const void*, 24> stack;
};

constexpr std::size_t remembered_max = 32;
constexpr std::size_t lines_max = 6;  // of a stack: the innermost, which tell who it was

// Taken last and for a moment only: nothing is called with it held.
constinit std::mutex lock;
constinit std::array<remembered, remembered_max> first{};
constinit std::uint64_t seen = 0;
constinit lastout::violation_handler before = nullptr;

void remember(const lastout::violation_report& report) noexcept {
  lastout::violation_handler next = nullptr;
  {
    const std::lock_guard held(lock);
    next = before;
    if (seen < remembered_max) {
      remembered& here = first[seen];
      here.report = report;
      here.report.stack_depth = std::min(report.stack_depth, here.stack.size());
      std::copy_n(report.stack, here.report.stack_depth, here.stack.begin());
    }
    ++seen;
  }
  if (next != nullptr && next != &lastout::report_and_leak) next(report);
}

}  // namespace

void open() noexcept {
  const lastout::violation_handler was = lastout::on_violation(&remember);
  if (was == &remember) return;
  const std::lock_guard held(lock);
  before = was;
}

std::uint64_t count() noexcept {
  const std::lock_guard held(lock);
  return seen;
}

std::vector<std::string> told(lastout::symbols::stack_names& names) {
  std::vector<remembered> copies;
  {
    const std::lock_guard held(lock);
    copies.assign(
        first.begin(),
        first.begin() + static_cast<std::ptrdiff_t>(std::min<std::uint64_t>(seen, remembered_max)));
  }
  std::vector<std::string> out;
  for (const remembered& each : copies) {
    std::string text =
        fmt::format("violation {} in {} of {} at {} (state {}, {} references)",
                    name(each.report.what), each.report.operation, each.report.who.type,
                    each.report.who.object, each.report.state, each.report.references);
    std::vector<std::string> lines =
        names.lines(std::span(each.stack).first(each.report.stack_depth));
    lines.resize(std::min(lines.size(), lines_max));
    for (const std::string& line : lines) text += "\n  " + line;
    out.push_back(std::move(text));
  }
  return out;
}

}  // namespace cli::violation_log
