// result.hpp - a value, or the errno value that says why there is none.
//
// Every operation of the filesystem returns one: an expected "no" is data, not an exception.
//
//   result<int> fd = fs.open(self, "/etc/passwd", O_RDONLY);
//   if (!fd) return fd.error();                  // ENOENT, say; converts to any other result
//   use(*fd);

#pragma once

#include <cerrno>
#include <optional>
#include <utility>

namespace lastout::vfs {

/// An errno value on its way into a result.
class failure {
 public:
  constexpr explicit failure(int number) noexcept : number_(number) {}
  [[nodiscard]] constexpr int number() const noexcept { return number_; }

 private:
  int number_;
};

template <class T>
class [[nodiscard]] result {
 public:
  result(T value) noexcept : value_(std::move(value)) {}
  result(failure why) noexcept : errno_(why.number()) {}

  [[nodiscard]] explicit operator bool() const noexcept { return value_.has_value(); }
  /// 0 when there is a value.
  [[nodiscard]] int error() const noexcept { return errno_; }
  /// The failure, to return it as another result. Requires  no value.
  [[nodiscard]] failure why() const noexcept { return failure(errno_); }

  [[nodiscard]] T& operator*() & noexcept { return *value_; }
  [[nodiscard]] const T& operator*() const& noexcept { return *value_; }
  [[nodiscard]] T&& operator*() && noexcept { return *std::move(value_); }
  [[nodiscard]] T* operator->() noexcept { return &*value_; }
  [[nodiscard]] const T* operator->() const noexcept { return &*value_; }

 private:
  std::optional<T> value_;
  int errno_ = 0;
};

template <>
class [[nodiscard]] result<void> {
 public:
  constexpr result() noexcept = default;
  constexpr result(failure why) noexcept : errno_(why.number()) {}

  [[nodiscard]] constexpr explicit operator bool() const noexcept { return errno_ == 0; }
  /// 0 when it was done.
  [[nodiscard]] constexpr int error() const noexcept { return errno_; }
  [[nodiscard]] constexpr failure why() const noexcept { return failure(errno_); }

 private:
  int errno_ = 0;
};

}  // namespace lastout::vfs
