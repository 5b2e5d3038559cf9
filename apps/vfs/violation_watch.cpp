// violation_watch.cpp - a violation, told as a finding.

#include <vfs/violation_watch.hpp>

#include <mutex>
#include <string>
#include <utility>

#include <lastout/violation.hpp>
#include <vfs/call_stack.hpp>
#include <vfs/census.hpp>

namespace lastout::vfs::census {
namespace {

constinit std::mutex lock;  // guards what follows
constinit unsigned watches = 0;
constinit violation_handler told_before = nullptr;

void on_violation_found(const violation_report& report) noexcept {
  std::string what = std::string("violation ") + lastout::name(report.what) + " in " +
                     report.operation + " of " + report.who.type + ", state " + report.state +
                     ", " + std::to_string(report.references) + " references; at " +
                     to_text(report.stack, report.stack_depth);
  const std::string grave = name_of_freed(report.who.object);
  if (!grave.empty()) what += "; the object is " + grave;
  find(std::move(what));
  violation_handler also = nullptr;
  {
    const std::lock_guard<std::mutex> guard(lock);
    also = told_before;
  }
  if (also != nullptr) also(report);
}

}  // namespace

violation_watch::violation_watch() noexcept {
  const std::lock_guard<std::mutex> guard(lock);
  if (watches++ == 0) told_before = on_violation(&on_violation_found);
}

violation_watch::~violation_watch() {
  const std::lock_guard<std::mutex> guard(lock);
  if (--watches == 0) on_violation(told_before);
}

}  // namespace lastout::vfs::census
