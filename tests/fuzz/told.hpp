// told.hpp - which violations the library reports, against those that the model foresees.
//
//   told.expect(violation::put_at_zero);      // the model's word, in the order of the reports
//   ... the call ...
//   told.compare();                           // the same ones, in the same order

#pragma once

#include <string>
#include <vector>

#include <lastout/violation.hpp>

#include "expect.hpp"

namespace fuzz {

class violations_told {
 public:
  violations_told() noexcept : before_(lastout::on_violation(&hear)) {
    heard().clear();
    heard().reserve(16);
  }
  violations_told(const violations_told&) = delete;
  violations_told& operator=(const violations_told&) = delete;
  ~violations_told() { lastout::on_violation(before_); }

  void expect(lastout::violation what) { foreseen_.push_back(what); }
  void compare(std::source_location at = std::source_location::current()) {
    if (heard() != foreseen_) {
      same(listed(heard()), listed(foreseen_), "the violations that were reported", at);
    }
    any_ = any_ || !foreseen_.empty();
    heard().clear();
    foreseen_.clear();
  }
  /// True once there was one.
  [[nodiscard]] bool any() const noexcept { return any_; }

 private:
  using list = std::vector<lastout::violation>;

  static list& heard() {
    static list all;
    return all;
  }
  static void hear(const lastout::violation_report& of) noexcept {
    if (traced()) note("  violation", lastout::name(of.what), "in", of.operation);
    heard().push_back(of.what);
  }
  static std::string listed(const list& of) {
    std::string out;
    for (const lastout::violation each : of) out += std::string(" ") + lastout::name(each);
    return out.empty() ? "none" : out;
  }

  list foreseen_;
  lastout::violation_handler before_;
  bool any_ = false;
};

}  // namespace fuzz
