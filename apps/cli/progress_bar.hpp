// progress_bar.hpp - one line on standard error that fills up, for a person who waits; else
// nothing.

#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace cli {

class progress_bar {
 public:
  /// `total` in whatever unit advance() uses.
  progress_bar(std::string_view doing, std::uint64_t total);
  progress_bar(const progress_bar&) = delete;
  progress_bar& operator=(const progress_bar&) = delete;
  /// Wipes the line.
  ~progress_bar();

  /// So much is done now; `note` stands behind the bar. Redraws at most ten times a second.
  void show(std::uint64_t done, std::string_view note = {});

 private:
  std::string doing_;
  std::uint64_t total_;
  bool on_;
  std::chrono::steady_clock::time_point next_;
};

}  // namespace cli
