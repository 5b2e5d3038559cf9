// terminal.hpp - whether a person watches, how wide the window is, and colours only then.

#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace cli::terminal {

/// True when both outputs are terminals that can redraw a line: a progress bar makes sense.
bool watched() noexcept;

/// True when standard output takes colours: a terminal, TERM is not dumb, NO_COLOR is not set.
bool coloured() noexcept;

/// Columns of the window behind standard error; 80 when that cannot be known.
std::size_t columns() noexcept;

enum class style { bold, dim, good, bad };

/// The text in that style, or just the text when standard output is not coloured().
std::string styled(style how, std::string_view text);

}  // namespace cli::terminal
