// unique_fd.hpp - a file descriptor of the host that is closed when its holder goes.

#pragma once

#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <span>
#include <utility>

namespace cli {

class unique_fd {
 public:
  constexpr unique_fd() noexcept = default;
  constexpr explicit unique_fd(int number) noexcept : number_(number) {}
  unique_fd(unique_fd&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  unique_fd& operator=(unique_fd other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  ~unique_fd() {
    if (number_ >= 0) ::close(number_);
  }

  /// As read(2), but goes on after a signal.
  [[nodiscard]] std::ptrdiff_t read(std::span<std::byte> into) const noexcept {
    for (;;) {
      const std::ptrdiff_t got = ::read(number_, into.data(), into.size());
      if (got >= 0 || errno != EINTR) return got;
    }
  }

  /// Writes all of it. Returns  0, or the errno value.
  [[nodiscard]] int write_all(std::span<const char> from) const noexcept {
    while (!from.empty()) {
      const std::ptrdiff_t written = ::write(number_, from.data(), from.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) return errno;
      from = from.subspan(static_cast<std::size_t>(written));
    }
    return 0;
  }

  /// Closes it now. Returns  0, or the errno value: a full disk may be told only here.
  [[nodiscard]] int close() noexcept {
    const int number = std::exchange(number_, -1);
    return number < 0 || ::close(number) == 0 ? 0 : errno;
  }

  /// Gives the number away: who takes it closes it.
  [[nodiscard]] int leak() noexcept { return std::exchange(number_, -1); }
  [[nodiscard]] int number() const noexcept { return number_; }
  [[nodiscard]] explicit operator bool() const noexcept { return number_ >= 0; }

 private:
  int number_ = -1;
};

}  // namespace cli
