// explained.hpp - keeps the violations of one test, each with what the ledger has to say about it.

#pragma once

#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include <lastout/ledger.hpp>
#include <lastout/violation.hpp>

class explained {
 public:
  struct told {
    lastout::violation what;
    std::string operation;
    const void* object;
    std::string text;
  };

  explained() noexcept : before_(lastout::on_violation(&note)) {}
  explained(const explained&) = delete;
  explained& operator=(const explained&) = delete;
  ~explained() { lastout::on_violation(before_); }

  /// Everything since the last call.
  static std::vector<told> take_all() {
    const std::lock_guard guard(lock_);
    return std::exchange(list_, {});
  }
  /// Their names: "put_of_anothers put_at_zero".
  static std::string take() {
    std::string out;
    for (const told& each : take_all())
      out += (out.empty() ? "" : " ") + std::string(lastout::name(each.what));
    return out;
  }

 private:
  static void note(const lastout::violation_report& report) noexcept {
    std::string text = lastout::ledger::explain(report);
    const std::lock_guard guard(lock_);
    list_.push_back({report.what, report.operation, report.who.object, std::move(text)});
  }
  static inline std::mutex lock_;
  static inline std::vector<told> list_;
  lastout::violation_handler before_;
};
