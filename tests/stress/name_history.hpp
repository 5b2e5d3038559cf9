// name_history.hpp - what was asked of a name, what came back and when, and whether one order
// explains it.
//
// Each call has a stamp from before it and one from after it. A history is linearizable when the
// calls can be put into one row, in which each stands between its two stamps and each answers what
// a name that holds one object, or none, would answer. Names do not depend on each other, so each
// has a history of its own.
//
//   call        may stand where the name holds         and leaves it holding
//   find        what it got                            the same
//   insert      nothing, if it got what it brought;    what it brought
//               else what it got                       the same
//   create      the same as insert; it brings nothing if its creator was not asked
//   replace     anything                               what it brought
//   erase       what it got                            nothing
//   erase_that  what it brought, if it got that;       nothing
//               else anything else                     the same
//   death       anything                               nothing, if it held the one that died
//
// Who got `somebody` was told that there was one, and not which. An eviction is a death.
//
// Source: Wing and Gong, "Testing and verifying concurrent objects", with Lowe's memory of what has
// been tried.

#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <ostream>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace stress {

using object_number = int;  // 0: none
inline constexpr object_number somebody = -1;
using stamp = std::uint64_t;

enum class asked : std::uint8_t { find, insert, create, erase, death, replace, erase_that };

struct call {
  asked what;
  std::uint64_t name;
  stamp from;
  stamp to;
  object_number brought;  // insert, create, replace; the one to be erased; the one that died
  object_number got;

  friend std::ostream& operator<<(std::ostream& out, const call& c) {
    constexpr const char* names[] = {"find",  "insert",  "create",    "erase",
                                     "death", "replace", "erase_that"};
    return out << names[static_cast<int>(c.what)] << "(" << c.name << ") brought " << c.brought
               << " got " << c.got << " [" << c.from << ", " << c.to << "]";
  }
};

/// Returns   what the name holds after that call; nothing when it cannot have answered so.
inline std::optional<object_number> after(const call& c, object_number holds) {
  const bool brings = c.what == asked::insert || c.what == asked::create;
  if (c.what == asked::death) return holds == c.brought ? 0 : holds;
  if (c.what == asked::replace) return c.got == c.brought ? std::optional(c.got) : std::nullopt;
  if (c.what == asked::erase_that) {
    const bool was_there = holds == c.brought;
    if (was_there != (c.got != 0)) return std::nullopt;
    return was_there ? 0 : holds;
  }
  if (c.got == somebody) return holds != 0 ? std::optional(0) : std::nullopt;
  if (brings && c.brought != 0 && c.got == c.brought)
    return holds == 0 ? std::optional(c.got) : std::nullopt;
  if (c.got != holds || (brings && c.got == 0)) return std::nullopt;
  return c.what == asked::erase ? 0 : holds;
}

/// True when one order explains the calls, all of one name that holds nothing at first.
/// Requires  at most 64 calls.
class explained {
 public:
  explicit explained(std::vector<call> calls) : calls_(std::move(calls)), ok_(from({0, 0})) {}
  explicit operator bool() const noexcept { return ok_; }

 private:
  using at = std::pair<std::uint64_t, object_number>;  // which calls are in the row; what is held

  bool from(at here) {
    if (!tried_.insert(here).second) return false;
    stamp first_end = std::numeric_limits<stamp>::max();
    for (std::size_t i = 0; i < calls_.size(); ++i)
      if (!in(here, i)) first_end = std::min(first_end, calls_[i].to);
    if (first_end == std::numeric_limits<stamp>::max()) return true;
    for (std::size_t i = 0; i < calls_.size(); ++i) {
      if (in(here, i) || calls_[i].from > first_end) continue;
      const auto holds = after(calls_[i], here.second);
      if (holds && from({here.first | std::uint64_t{1} << i, *holds})) return true;
    }
    return false;
  }
  static bool in(at here, std::size_t i) { return (here.first >> i & 1) != 0; }

  std::vector<call> calls_;
  std::set<at> tried_;
  bool ok_;
};

/// The calls of all threads. Each thread has a part of its own.
class name_history {
 public:
  /// One thread's calls.
  class part {
   public:
    explicit part(std::atomic<stamp>& clock) : clock_(clock) {}

    /// What runs in here is one call; deaths that it causes are calls too.
    void begin() { from_ = clock_++; }
    void end(asked what, std::uint64_t name, object_number brought, object_number got) {
      calls_.push_back({what, name, from_, clock_++, brought, got});
    }
    void died(std::uint64_t name, object_number who) {
      calls_.push_back({asked::death, name, from_, clock_++, who, 0});
    }
    [[nodiscard]] const std::vector<call>& calls() const { return calls_; }

   private:
    std::atomic<stamp>& clock_;
    stamp from_ = 0;
    std::vector<call> calls_;
  };

  explicit name_history(int threads) {
    for (int i = 0; i < threads; ++i) parts_.emplace_back(clock_);
  }
  [[nodiscard]] part& of(int thread) { return parts_[static_cast<std::size_t>(thread)]; }

  [[nodiscard]] std::vector<call> of_name(std::uint64_t name) const {
    std::vector<call> out;
    for (const part& each : parts_)
      std::copy_if(each.calls().begin(), each.calls().end(), std::back_inserter(out),
                   [name](const call& c) { return c.name == name; });
    std::sort(out.begin(), out.end(), [](const call& a, const call& b) { return a.from < b.from; });
    return out;
  }

 private:
  std::atomic<stamp> clock_{1};
  std::vector<part> parts_;
};

}  // namespace stress
