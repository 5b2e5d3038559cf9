// choice.cpp - reads the words of LASTOUT_LEDGER, and sets each type's share.

#include "choice.hpp"

#include <algorithm>
#include <charconv>
#include <mutex>
#include <utility>

#include "graveyard.hpp"
#include "lock_soon.hpp"
#include "object_table.hpp"
#include "stack_book.hpp"
#include "thread_state.hpp"

namespace lastout::ledger {

constinit atomic<std::uint32_t> stack_depth{16};
constinit atomic<std::uint32_t> history_events{0};
constinit atomic<bool> checks_on{false};
constinit atomic<bool> chaos_on{false};
constinit atomic<std::uint64_t> chaos_seed{0};
constinit atomic<std::uint32_t> choices_made{0};

namespace {

// The choice that types are matched with, in memory that is not the heap's: a type may turn up where
// malloc must not be called.
struct matcher {
  static constexpr std::size_t text_max = 4096;
  bool every_type = false;
  std::uint32_t share = 1;
  bool each_event = false;
  char types[text_max] = {};  // each ends with \0
  std::size_t types_size = 0;
};

constinit matcher matching;  // guarded by the types' lock, and changed under `lock` besides
std::mutex& lock() {
  static std::mutex one;
  return one;
}
choice& in_force() {
  static auto& one = *new choice;  // outlives what looks at it while the program ends
  return one;
}

bool is_called(std::string_view name, std::string_view asked) {
  if (name == asked) return true;
  return name.size() > asked.size() + 2 && name.ends_with(asked) &&
         name.substr(name.size() - asked.size() - 2, 2) == "::";
}

// What is wrong is returned, not thrown: a static program reads its environment before it can catch.
std::string wrong(std::string_view word, std::string_view why) {
  return "'" + std::string(word) + "': " + std::string(why);
}

template <class Number>
std::string read_number(std::string_view word, std::string_view digits, std::uint64_t most,
                        Number& out, bool with_unit = false) {
  std::uint64_t n = 0;
  const auto [rest, error] = std::from_chars(digits.data(), digits.data() + digits.size(), n);
  std::string_view unit(rest, static_cast<std::size_t>(digits.data() + digits.size() - rest));
  const unsigned shift = !with_unit    ? 0
                         : unit == "K" ? 10
                         : unit == "M" ? 20
                         : unit == "G" ? 30
                                       : 0;
  if (shift != 0) unit = {};
  if (error != std::errc{} || !unit.empty() || n > most >> shift)
    return wrong(word, (with_unit ? "wants a number of bytes, such as 64M or 1G, up to "
                                  : "wants a number up to ") +
                           std::to_string(most));
  out = static_cast<Number>(n << shift);
  return {};
}

std::string read_names(std::string_view word, std::string_view value,
                       std::vector<std::string>& out) {
  for (std::size_t at = 0; at <= value.size();) {
    const std::size_t end = std::min(value.find('+', at), value.size());
    if (end == at) return wrong(word, "has an empty name; write types=A+B");
    out.emplace_back(value.substr(at, end - at));
    at = end + 1;
  }
  return {};
}

std::string read_share(std::string_view word, std::string_view value, std::uint32_t& out) {
  if (!value.starts_with("1/")) return wrong(word, "is written share=1/N: one object in N");
  const std::string bad = read_number(word, value.substr(2), 1'000'000'000, out);
  return bad.empty() && out == 0 ? wrong(word, "is written share=1/N with N from 1 on") : bad;
}

std::string read_word(std::string_view word, choice& out, bool& off) {
  const std::size_t equals = word.find('=');
  const std::string_view key = word.substr(0, equals);
  const bool has_value = equals != std::string_view::npos;
  const std::string_view value = has_value ? word.substr(equals + 1) : std::string_view();
  if (key == "all" || key == "off" || key == "checks") {
    if (has_value) return wrong(word, "takes no value");
    (key == "all" ? out.every_type : key == "off" ? off : out.checks) = true;
    return {};
  }
  if (key == "socket") {
    if (value != "off" && value != "on") return wrong(word, "is socket=on or socket=off");
    out.socket = value == "on";
    return {};
  }
  const bool known = key == "types" || key == "share" || key == "stacks" || key == "history" ||
                     key == "quarantine" || key == "exit" || key == "chaos";
  if (!known)
    return wrong(
        word,
        "is no word of LASTOUT_LEDGER; these are: all off types=A+B share=1/N stacks=DEPTH "
        "history=N checks quarantine=BYTES exit=report exit=FILE chaos=SEED socket=off");
  if (value.empty()) return wrong(word, "wants a value after '='");
  if (key == "types") return read_names(word, value, out.types);
  if (key == "share") return read_share(word, value, out.share);
  if (key == "stacks") return read_number(word, value, stack_depth_max, out.stack_depth);
  if (key == "history") return read_number(word, value, history_max, out.history);
  if (key == "quarantine")
    return read_number(word, value, std::uint64_t{1} << 40, out.quarantine_bytes, true);
  if (key == "chaos") return read_number(word, value, ~std::uint64_t{0}, out.chaos_seed.emplace());
  out.at_exit = value;
  return {};
}

}  // namespace

std::string read_choice(std::string_view text, choice& out) {
  bool off = false;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find(',', at), text.size());
    if (end != at) {
      std::string bad = read_word(text.substr(at, end - at), out, off);
      if (!bad.empty()) return bad;
    }
    at = end + 1;
  }
  if (off && (out.every_type || !out.types.empty()))
    return wrong("off", "and at the same time types to track: leave the one or the other out");
  std::size_t bytes = 0;
  for (const std::string& each : out.types) bytes += each.size() + 1;
  return bytes > matcher::text_max ? "types=: too many names" : std::string();
}

std::string to_text(const choice& what) {
  std::string out;
  const auto add = [&out](const std::string& word) { out += (out.empty() ? "" : ",") + word; };
  if (what.every_type) add("all");
  if (!what.types.empty()) {
    std::string all;
    for (const std::string& each : what.types) all += (all.empty() ? "" : "+") + each;
    add("types=" + all);
  }
  if (out.empty()) add("off");
  if (what.share != 1) add("share=1/" + std::to_string(what.share));
  add("stacks=" + std::to_string(what.stack_depth));
  if (what.history != 0) add("history=" + std::to_string(what.history));
  if (what.checks) add("checks");
  if (what.quarantine_bytes != 0) add("quarantine=" + std::to_string(what.quarantine_bytes));
  if (!what.at_exit.empty()) add("exit=" + what.at_exit);
  if (what.chaos_seed) add("chaos=" + std::to_string(*what.chaos_seed));
  if (!what.socket) add("socket=off");
  return out;
}

void choose(type_book& type) noexcept {
  const std::string_view name = type.entry->name;
  bool wanted = matching.every_type;
  for (std::size_t at = 0; !wanted && at < matching.types_size;) {
    const std::string_view each = matching.types + at;
    wanted = is_called(name, each);
    at += each.size() + 1;
  }
  std::uint32_t tracked = type_entry::none;
  if (wanted) tracked = std::max<std::uint32_t>(1, type_entry::every_object / matching.share);
  // relaxed: looked at again under the objects' locks, which drop_untracked() takes
  type.tracked.store(tracked, order::relaxed);
  // For now: what is on the books and not wanted any more is taken off first, and who releases it
  // meanwhile is to say so.
  type.entry->share.store(type_entry::each_event, order::relaxed);
}

void settle_share(type_book& type) noexcept {
  const std::uint32_t tracked = type.tracked.load(order::relaxed);  // relaxed: under the lock
  type.entry->want(matching.each_event ? type_entry::each_event : tracked);
}

std::uint32_t share_of(const type_book& type) noexcept {
  const std::uint32_t tracked = type.tracked.load(order::relaxed);  // relaxed: a setting
  return tracked == type_entry::none ? 0 : type_entry::every_object / tracked;
}

namespace {

void put_into_force(const choice& what) {
  choice whole = what;  // throws here or never: there is no half of a choice
  const std::lock_guard guard(lock());
  in_force() = std::move(whole);
  stack_depth.store(what.stack_depth, order::relaxed);
  history_events.store(what.history, order::relaxed);
  checks_on.store(what.checks, order::relaxed);
  chaos_seed.store(what.chaos_seed.value_or(0), order::relaxed);
  chaos_on.store(what.chaos_seed.has_value(), order::relaxed);
  begin_next_choice();

  static matcher next;  // guarded by lock()
  next = {};
  next.every_type = what.every_type;
  next.share = what.share;
  next.each_event = what.checks || what.chaos_seed;
  for (const std::string& each : what.types) {
    std::copy(each.begin(), each.end(), next.types + next.types_size);
    next.types_size += each.size() + 1;
  }
  const inside here;
  static bool first = true;
  for_each_type([](type_book& type) {
    if (first) matching = next;
    first = false;
    choose(type);
  });
  if (first) matching = next;  // no type is known yet
  first = true;
  drop_untracked();
  for_each_type(&settle_share);
}

}  // namespace

void choose(const choice& what) {
  put_into_force(what);
  // What has been written to is told of, to who may ask for what is in force.
  limit_quarantine(what.quarantine_bytes);
  forget_dead();
}

choice chosen() {
  const std::lock_guard guard(lock());
  return in_force();
}

std::vector<std::string> names_of_no_type() {
  std::vector<std::string> out = chosen().types;
  for (std::uint32_t i = 1; i <= types_known(); ++i) {
    const std::string_view known = type_numbered(i)->entry->name;
    std::erase_if(out, [known](const std::string& asked) { return is_called(known, asked); });
  }
  return out;
}

bool lock_choice(bool interrupted) noexcept { return lock_for_fork(lock(), interrupted); }
void unlock_choice() noexcept { lock().unlock(); }

}  // namespace lastout::ledger
