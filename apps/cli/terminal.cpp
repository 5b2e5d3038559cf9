// terminal.cpp - see terminal.hpp. NO_COLOR: no-color.org.

#include "terminal.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>

namespace cli::terminal {
namespace {

bool dumb() noexcept {
  const char* const term = std::getenv("TERM");
  return term == nullptr || *term == '\0' || std::string_view(term) == "dumb";
}

}  // namespace

bool watched() noexcept {
  return isatty(STDOUT_FILENO) == 1 && isatty(STDERR_FILENO) == 1 && !dumb();
}

bool coloured() noexcept {
  const char* const no_color = std::getenv("NO_COLOR");
  return isatty(STDOUT_FILENO) == 1 && !dumb() && (no_color == nullptr || *no_color == '\0');
}

std::size_t columns() noexcept {
  winsize size{};
  if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  return 80;
}

std::string styled(style how, std::string_view text) {
  static const bool colours = coloured();
  if (!colours) return std::string(text);
  const char* code = "0";
  switch (how) {
    case style::bold: code = "1"; break;
    case style::dim: code = "2"; break;
    case style::good: code = "1;32"; break;
    case style::bad: code = "1;31"; break;
  }
  return std::string("\033[") + code + "m" + std::string(text) + "\033[0m";
}

}  // namespace cli::terminal
