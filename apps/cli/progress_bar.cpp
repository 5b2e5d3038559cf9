// progress_bar.cpp - see progress_bar.hpp.

#include "progress_bar.hpp"

#include <algorithm>
#include <cstdio>

#include <fmt/format.h>

#include "terminal.hpp"

namespace cli {

progress_bar::progress_bar(std::string_view doing, std::uint64_t total)
    : doing_(doing), total_(std::max<std::uint64_t>(total, 1)), on_(terminal::watched()) {
  show(0);
}

progress_bar::~progress_bar() {
  if (on_) fmt::print(stderr, "\r\033[K");
}

void progress_bar::show(std::uint64_t done, std::string_view note) {
  if (!on_) return;
  const auto now = std::chrono::steady_clock::now();
  if (now < next_) return;
  next_ = now + std::chrono::milliseconds(100);

  constexpr std::size_t widest = 40;
  const double part = static_cast<double>(std::min(done, total_)) / static_cast<double>(total_);
  const std::size_t text =
      doing_.size() + note.size() + 11;  // two spaces, brackets, " 100% ", a free column
  const std::size_t columns = terminal::columns();
  const std::size_t width = columns > text ? std::min(columns - text, widest) : 0;
  const auto full = static_cast<std::size_t>(part * static_cast<double>(width));
  const std::string line = fmt::format("{} [{}{}] {:3.0f}% {}", doing_, std::string(full, '#'),
                                       std::string(width - full, '.'), 100 * part, note);
  fmt::print(stderr, "\r{}\033[K", std::string_view(line).substr(0, columns - 1));
  std::fflush(stderr);
}

}  // namespace cli
