// tracked.hpp - a test with the ledger on: at its end no reference may be left on the books, and no
// violation untold.

#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include <lastout/ledger.hpp>

#include "core/violations_seen.hpp"
#include "ledger/dump_lines.hpp"

#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
inline constexpr bool sanitized = true;
#elif defined(__has_feature)
inline constexpr bool sanitized =
    __has_feature(thread_sanitizer) || __has_feature(address_sanitizer);
#else
inline constexpr bool sanitized = false;
#endif
#ifdef __OPTIMIZE__
inline constexpr bool optimised = true;
#else
inline constexpr bool optimised = false;
#endif
/// That many times; a sanitizer makes each ten times as slow, and sees it at the first. So does a build
/// without optimisation, which other machines' are.
constexpr int times(int n) { return sanitized || !optimised ? n / 10 : n; }
/// That many times, under a sanitizer too.
constexpr int rounds(int n) { return optimised ? n : n / 10; }

/// A handle's memory.
struct place {
  const void* begin;
  std::size_t bytes;
  [[nodiscard]] bool has(std::uint64_t address) const noexcept {
    return address - reinterpret_cast<std::uintptr_t>(begin) < bytes;
  }
};
template <class Handle>
place in(const Handle& handle) {
  return {&handle, sizeof handle};
}
template <class Handles>
std::vector<place> in_each(const Handles& handles) {
  std::vector<place> out;
  for (const auto& each : handles) out.push_back(in(each));
  return out;
}

/// The object's references are these handles, each once, and nothing else; and its own count says
/// as many.
inline testing::AssertionResult held_by(const void* object, const std::vector<place>& handles) {
  const dump_lines::whole dump = dump_lines::now();
  if (!dump.wrong.empty()) return testing::AssertionFailure() << "the dump: " << dump.wrong;
  const dump_lines::object* const it = dump.find(object);
  if (it == nullptr) return testing::AssertionFailure() << "the object is not in the dump";
  if (!it->whole) return testing::AssertionFailure() << "it is known in part";
  for (const place& each : handles) {
    std::size_t n = 0;
    for (const dump_lines::reference& one : it->held) n += each.has(one.where) ? 1 : 0;
    if (n != 1)
      return testing::AssertionFailure() << "a handle has " << n << " references on the books";
  }
  for (const dump_lines::reference& one : it->held) {
    std::size_t n = 0;
    for (const place& each : handles) n += each.has(one.where) ? 1 : 0;
    if (n != 1)
      return testing::AssertionFailure() << n << " handles have one and the same reference";
  }
  if (it->held.size() != handles.size())
    return testing::AssertionFailure() << it->held.size() << " references are on the books, "
                                       << handles.size() << " handles there are";
  if (it->references && *it->references != handles.size())
    return testing::AssertionFailure() << "its count says " << *it->references;
  return testing::AssertionSuccess();
}

class ledger_test : public testing::Test {
 protected:
  explicit ledger_test(std::string_view settings = "all,stacks=0,socket=off") {
    EXPECT_EQ(lastout::ledger::apply(settings), "");
  }
  ~ledger_test() override {
    lastout::ledger::settle();
    const dump_lines::whole dump = dump_lines::now();
    EXPECT_EQ(dump.wrong, "");
    EXPECT_EQ(dump.references, leaked_on_purpose) << lastout::ledger::report();
    EXPECT_EQ(lastout::ledger::apply("off,socket=off"), "");
    EXPECT_EQ(dump_lines::now().objects.size(), 0u);
  }
  std::size_t leaked_on_purpose = 0;
  violations_seen seen;
};
