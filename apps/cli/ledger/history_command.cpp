// history_command.cpp - lastout history: every get and put of one object, in order.

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string>
#include <system_error>
#include <vector>

#include <fmt/format.h>
#include <ledger/dump_client.hpp>
#include <ledger/keepers.hpp>

#include "../interrupt.hpp"
#include "../units.hpp"
#include "../text_option.hpp"
#include "commands.hpp"
#include "following.hpp"
#include "source.hpp"
#include "type_choice.hpp"
#include "wording.hpp"

namespace cli::ledger {
namespace {

using namespace lastout::ledger_reader;

constexpr std::string_view help =
    R"(lastout history - every get and put of one object, in order

Usage:
  lastout history PID|FILE OBJECT [--most N] [--follow] [--json]

Tells what happened to the object at this address, oldest first: when, what, by which
thread, from where. A ledger keeps the last events of each object when it was told
history=N, or from when it is asked about an object on: this command asks a running
process to, when it does not yet.

Options:
  --most N     events told, the latest; 0: all. As JSON all are      [100]
  --follow     of a running process: go on as events come, till Ctrl-C or the
               object's end
  --json       as JSON; with --follow one event on each line
  -h, --help   this text

Exit status:
  0    it has been told
  1    the answer could not be written
  2    no such process, file or object; a dump that is not whole

Examples:
  lastout history 4711 0x55d0c2a4eb20 --follow
)";

std::string event_text(const dump& of, const happening& did, stack_names& names) {
  const std::string place =
      did.where == 0 ? std::string() : fmt::format(", handle at {}", address_text(did.where));
  std::string out =
      fmt::format("-{}.{:06}  {:<11} by {}{}\n", age(did.when_ns, of.now_ns),
                  (of.now_ns < did.when_ns ? 0 : of.now_ns - did.when_ns) / 1000 % 1'000'000,
                  word(did.what), thread_text(of, did.thread), place);
  if (did.stack != none) out += stack_text(names, &of.stacks[did.stack], 6);
  return out;
}

json event_json(const dump& of, const happening& did, stack_names& names) {
  json out;
  out["when_ns"] = did.when_ns;
  out["seconds_before"] = seconds_between(did.when_ns, of.now_ns);
  out["what"] = word(did.what);
  out["thread"] = thread_json(of, did.thread);
  out["handle"] = did.where == 0 ? json() : json(address_text(did.where));
  out["stack"] = did.stack == none ? json() : stack_json(names, &of.stacks[did.stack]);
  return out;
}

class asked {
 public:
  explicit asked(CLI::App& app) : most_(app, "--most") {
    add_word(app, "PID|FILE", source_);
    add_word(app, "OBJECT", object_);
    add_flag(app, "--follow", follow_);
    add_flag(app, "--json", json_);
  }

  int answer() const {
    const std::uint64_t address = address_of("OBJECT", object_);
    const std::uint64_t most = most_of(most_, 100);
    const auto pid = as_process(source_);
    if (follow_ && !pid) throw bad_request("--follow: a dump has an end; give a running process");
    const dump of = read(source_);
    const std::uint32_t number = keepers(of).object_around(address);
    if (number == none) refuse_object(of, "OBJECT", address);
    const object& it = of.objects[number];
    const bool kept = !it.history.empty();
    if (!kept && pid) ask(*pid, "watch " + address_text(it.address));
    if (follow_) return follow(*pid, of, it);
    stack_names names(modules_of(of));
    json_ ? print_json(of, it, names) : print_text(of, it, names, pid.has_value(), most);
    return verdict_ok;
  }

 private:
  static void print_text(const dump& of, const object& it, stack_names& names, bool runs,
                         std::uint64_t most) {
    fmt::print("{}\n\n{} {}: {}\n", process_text(of), shown(of.types[it.type].name),
               address_text(it.address),
               it.history.empty() ? "no events were kept"
                                  : count_of(it.history.size(), "event") + ", oldest first");
    if (it.history.empty()) {
      fmt::print("{}\n", runs ? "from now on they are: ask again, or use --follow"
                              : "the program was to run with LASTOUT_LEDGER=...,history=N");
    }
    const std::size_t left_out =
        it.history.size() - std::min<std::uint64_t>(it.history.size(), most);
    if (left_out != 0)
      fmt::print("  {} before these (--most 0 tells all)\n", count_of(left_out, "event"));
    for (std::size_t i = left_out; i < it.history.size(); ++i)
      fmt::print("{}", event_text(of, it.history[i], names));
    for (const std::string& each : names.remarks()) fmt::print("\n{}\n", each);
  }

  static void print_json(const dump& of, const object& it, stack_names& names) {
    json out;
    out["process"] = process_json(of);
    out["type"] = of.types[it.type].name;
    out["object"] = address_text(it.address);
    json& events = out["events"] = json::array();
    for (const happening& did : it.history) events.push_back(event_json(of, did, names));
    out["remarks"] = names.remarks();
    fmt::print("{}", json_text(out));
  }

  // Events as they come. Two may have the same time: of those that were told, so many are left out.
  class told_so_far {
   public:
    bool is_new(const happening& did) {
      if (did.when_ns < latest_ns_) return false;
      if (did.when_ns == latest_ns_) return ++seen_ > told_;
      return true;
    }
    void tell(const happening& did) {
      if (did.when_ns != latest_ns_) told_ = seen_ = 0;
      latest_ns_ = did.when_ns;
      ++told_;
      seen_ = std::max(seen_, told_);
    }
    void begin_round() { seen_ = 0; }
    [[nodiscard]] std::uint64_t latest_ns() const { return latest_ns_; }

   private:
    std::uint64_t latest_ns_ = 0;
    std::size_t told_ = 0;
    std::size_t seen_ = 0;
  };

  int follow(std::uint64_t pid, const dump& first, const object& it) const {
    interrupt::watch(nullptr);
    stack_names names(modules_of(first));
    told_so_far told;
    if (!json_) {
      fmt::print("{}\n\n{} {}, as it goes on; Ctrl-C ends\n", process_text(first),
                 shown(first.types[it.type].name), address_text(it.address));
    }
    tell_new(first, it, names, told);
    while (interrupt::received() == 0) {
      const auto begun = std::chrono::steady_clock::now();
      const auto next = answer_of([pid] { return ask_dump(pid, until_interrupted()); });
      if (!next) break;
      const auto now_it =
          std::find_if(next->objects.begin(), next->objects.end(), [&](const object& each) {
            return each.address == it.address && each.born_ns == it.born_ns;
          });
      if (now_it == next->objects.end()) {
        fmt::print(stderr, "lastout: {} is no longer there\n", address_text(it.address));
        break;
      }
      tell_new(*next, *now_it, names, told);
      // A large dump takes its time: the process is not to be asked all the time.
      const auto took = std::chrono::steady_clock::now() - begun;
      pause(std::max<std::chrono::nanoseconds>(std::chrono::milliseconds(500), 4 * took));
    }
    return verdict_ok;
  }

  void tell_new(const dump& of, const object& it, stack_names& names, told_so_far& told) const {
    if (told.latest_ns() != 0 && !it.history.empty() &&
        it.history.front().when_ns > told.latest_ns())
      fmt::print(json_ ? stderr : stdout,
                 "lastout: events were lost here: more came than are kept\n");
    told.begin_round();
    for (const happening& did : it.history) {
      if (!told.is_new(did)) continue;
      told.tell(did);
      if (json_) {
        fmt::print("{}\n",
                   event_json(of, did, names).dump(-1, ' ', false, json::error_handler_t::replace));
      } else {
        fmt::print("{}", event_text(of, did, names));
      }
    }
    if (std::fflush(stdout) != 0)  // nobody hears what would come
      throw std::system_error(errno, std::generic_category(), "cannot write the answer");
  }

  std::string source_, object_;
  text_option most_;
  bool follow_ = false;
  bool json_ = false;
};

}  // namespace

command history_command() {
  return {"history", "PID|FILE OBJECT", "every get and put of one object", help, &prepared<asked>};
}

}  // namespace cli::ledger
