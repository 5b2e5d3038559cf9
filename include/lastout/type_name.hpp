// type_name.hpp - the name of a type as text, without RTTI.

#pragma once

#include <array>
#include <cstddef>
#include <string_view>

#include <lastout/config.hpp>

namespace lastout {
inline namespace LASTOUT_ABI {
namespace type_name_detail {

template <class T>
constexpr std::string_view signature() noexcept {
  return __PRETTY_FUNCTION__;
}

// Where the name stands in the signature is read off a type whose name is known.
inline constexpr std::string_view probe = signature<int>();
inline constexpr std::size_t before = probe.find("T = int") + 4;
inline constexpr std::size_t after = probe.size() - before - 3;

template <class T>
constexpr std::string_view cut() noexcept {
  constexpr std::string_view whole = signature<T>();
  return whole.substr(before, whole.size() - before - after);
}

template <class T>
struct text {
  static constexpr std::string_view view = cut<T>();
  static constexpr auto characters = [] {
    std::array<char, view.size() + 1> out{};
    for (std::size_t i = 0; i < view.size(); ++i) out[i] = view[i];
    return out;
  }();
};

}  // namespace type_name_detail

/// The name of T, zero-terminated, in static storage.
template <class T>
constexpr const char* type_name() noexcept {
  return type_name_detail::text<T>::characters.data();
}

}  // namespace LASTOUT_ABI
}  // namespace lastout
