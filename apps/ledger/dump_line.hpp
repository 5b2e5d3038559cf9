// dump_line.hpp - one line of a dump, word by word; what is no such word is told with its line.

#pragma once

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace lastout::ledger_reader {

/// Words of a dump as an error tells them: not all of a long one, and nothing that a terminal obeys.
inline std::string shortened(std::string_view text) {
  constexpr std::size_t told_max = 60;
  std::string out(text.substr(0, told_max));
  for (char& each : out) {
    const auto byte = static_cast<unsigned char>(each);
    if (byte < 32 || byte == 127) each = '?';
  }
  return out + (text.size() > told_max ? "..." : "");
}

class dump_line {
 public:
  /// What a word fails with: its message has no place yet.
  struct wrong {
    std::string what;
  };

  explicit dump_line(std::string_view text) noexcept : rest_(text), first_(next()) {}

  /// The word that says what the line is about.
  [[nodiscard]] std::string_view first() const noexcept { return first_; }

  std::string_view word(const char* what) {
    if (ended_) throw wrong{"its " + std::string(what) + " is missing"};
    const std::string_view out = next();
    if (out.empty()) throw wrong{"its " + std::string(what) + " is empty"};
    return out;
  }

  std::uint64_t number(const char* what) { return parsed(word(what), what, 10); }

  std::uint32_t small_number(const char* what) {
    const std::uint64_t out = number(what);
    if (out >= ~std::uint32_t{0}) throw wrong{"its " + std::string(what) + " is too large"};
    return static_cast<std::uint32_t>(out);
  }

  std::optional<std::uint64_t> number_or_none(const char* what) {
    const std::string_view text = word(what);
    if (text == "-") return std::nullopt;
    return parsed(text, what, 10);
  }

  std::uint64_t address(const char* what) {
    const std::string_view text = word(what);
    if (!text.starts_with("0x"))
      throw wrong{"its " + std::string(what) + " is '" + shortened(text) +
                  "', which does not begin with 0x"};
    return parsed(text.substr(2), what, 16);
  }

  [[nodiscard]] bool ended() const noexcept { return ended_; }

  /// Free text up to the end of the line; there may be none.
  std::string text(const char* what) {
    std::string out;
    out.reserve(rest_.size());
    for (std::size_t i = 0; i < rest_.size(); ++i) {
      if (rest_[i] != '\\') {
        out += rest_[i];
        continue;
      }
      const char escaped = ++i < rest_.size() ? rest_[i] : ' ';
      if (escaped != '\\' && escaped != 'n')
        throw wrong{"its " + std::string(what) + " has a '\\' that is neither '\\\\' nor '\\n'"};
      out += escaped == 'n' ? '\n' : '\\';
    }
    rest_ = {};
    ended_ = true;
    return out;
  }

  void expect_end() const {
    if (!ended_) throw wrong{"it has more words than it should: '" + shortened(rest_) + "'"};
  }

 private:
  std::string_view next() noexcept {
    const void* const space =
        rest_.empty() ? nullptr : std::memchr(rest_.data(), ' ', rest_.size());
    if (space == nullptr) {
      ended_ = true;
      return std::exchange(rest_, {});
    }
    const auto length = static_cast<std::size_t>(static_cast<const char*>(space) - rest_.data());
    const std::string_view out = rest_.substr(0, length);
    rest_.remove_prefix(length + 1);
    return out;
  }

  static std::uint64_t parsed(std::string_view text, const char* what, int base) {
    std::uint64_t out = 0;
    const char* const end = text.data() + text.size();
    // NOLINTNEXTLINE(bugprone-suspicious-stringview-data-usage): `end` is its size
    const auto [rest, error] = std::from_chars(text.data(), end, out, base);
    if (error == std::errc::result_out_of_range)
      throw wrong{"its " + std::string(what) + " does not fit in 64 bits"};
    if (error != std::errc{} || rest != end)
      throw wrong{"its " + std::string(what) + " is '" + shortened(text) + "', which is no " +
                  (base == 10 ? "decimal" : "hexadecimal") + " number"};
    return out;
  }

  std::string_view rest_;
  bool ended_ = false;
  std::string_view first_;
};

}  // namespace lastout::ledger_reader
