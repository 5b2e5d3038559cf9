// start.cpp - begins once; says what it was told and could not do.

#include "start.hpp"

#include <pthread.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>
#include <utility>

#include <lastout/ledger.hpp>

#include "chaos.hpp"
#include "choice.hpp"
#include "frames.hpp"
#include "graveyard.hpp"
#include "lock_checks.hpp"
#include "notice.hpp"
#include "object_table.hpp"
#include "clock.hpp"
#include "service.hpp"
#include "stack_book.hpp"
#include "thread_book.hpp"
#include "thread_state.hpp"
#include "type_book.hpp"

// There when AddressSanitizer is linked.
extern "C" {
[[gnu::weak]] void __asan_set_error_report_callback(void (*told)(const char* report));
[[gnu::weak]] void* __asan_get_report_address();
}

namespace lastout::ledger {
namespace {

constinit atomic<bool> started{false};
constinit fork_seen forked{0, 0};

// What this thread's fork has locked: everything. But a signal handler forks too, and may have come
// while its thread was in the ledger: what that has itself is not waited for, in the child it is given
// back by who goes on there.
struct locked {
  bool was_inside, names, choice, types, threads, stacks, graveyard, learning;
  std::uint64_t shards;
};
constinit thread_local locked at_fork{};

// Whoever is in the ledger finishes first, so that the child finds all of it in order.
void before_fork() {
  const bool was_inside =
      std::exchange(this_thread_state.inside, true);  // its signal handlers wait too
  locked& had = at_fork;
  had.was_inside = was_inside;
  had.names = lock_names(was_inside);
  had.choice = lock_choice(was_inside);
  had.types = lock_types(was_inside);
  had.threads = lock_threads(was_inside);
  had.stacks = lock_stacks(was_inside);
  had.graveyard = lock_graveyard(was_inside);
  had.learning = lock_learning(was_inside);
  had.shards = lock_all_shards(was_inside);
  stop_unwinding();
}
locked unlock_everything() {
  const locked had = at_fork;
  unlock_all_shards(had.shards);
  if (had.learning) unlock_learning();
  if (had.graveyard) unlock_graveyard();
  if (had.stacks) unlock_stacks();
  if (had.threads) unlock_threads();
  if (had.types) unlock_types();
  if (had.choice) unlock_choice();
  if (had.names) unlock_names();
  this_thread_state.inside = had.was_inside;
  return had;
}
void after_fork() {
  go_on_unwinding(false);
  unlock_everything();
}
void in_child() {
  go_on_unwinding(true);
  const locked had = unlock_everything();
  const inside here;
  forked = {static_cast<std::uint64_t>(getppid()), now_ns()};
  drop_all(had.shards);
  if (had.graveyard) forget_dead();
  if (had.types) forget_counts();
  forget_other_threads();
  forget_undertaker();
  restart_service(!had.was_inside);
}

// Of what is asked where nobody hears of exceptions: without memory it has no answer.
template <class Ask>
auto answer_or_none(Ask ask) noexcept -> decltype(ask()) {
  try {
    return ask();
  } catch (const std::exception&) {
    return {};
  }
}

void at_asan_report(const char*) {
  if (this_thread_state.inside) return;  // the ledger itself met it, perhaps under a lock
  const std::string more = answer_or_none([] { return about(__asan_get_report_address()); });
  if (more.empty()) return;
  std::fprintf(stderr, "lastout: what the ledger knows of that object:\n%s", more.c_str());
}

}  // namespace

void start() noexcept {
  // relaxed: only who comes first
  if (started.exchange(true, order::relaxed)) return;
  find_unwinder();
  pthread_atfork(&before_fork, &after_fork, &in_child);
  explain_violations();
  if (__asan_set_error_report_callback != nullptr)
    __asan_set_error_report_callback(&at_asan_report);
}

fork_seen last_fork() noexcept { return forked; }

namespace {

// Before main, and before most static objects: what the environment says is in force for them.
[[gnu::constructor(101)]] void read_environment() {
  const char* const said = std::getenv("LASTOUT_LEDGER");
  const std::string wrong = answer_or_none([said] { return apply(said == nullptr ? "" : said); });
  if (wrong.empty()) return;
  std::fprintf(stderr, "lastout: LASTOUT_LEDGER: %s; nothing is tracked\n", wrong.c_str());
}

void tell_what_is_left() {
  const std::string wish = chosen().at_exit;
  if (wish.empty()) return;
  for (const std::string& name : names_of_no_type())
    std::fprintf(stderr,
                 "lastout: LASTOUT_LEDGER: types=%s: this program has used no type of that name\n",
                 name.c_str());
  if (wish == "report") {
    std::string text = report();
    if (text.empty()) text = "lastout: no reference to a tracked object is still held\n";
    std::fwrite(text.data(), 1, text.size(), stderr);
    return;
  }
  const std::string wrong = dump_to(wish);
  if (!wrong.empty())
    std::fprintf(stderr, "lastout: LASTOUT_LEDGER: exit=%s: %s\n", wish.c_str(), wrong.c_str());
}

// After the destructors of static objects.
[[gnu::destructor(101)]] void at_end() {
  // relaxed: this is the last thread that counts
  if (!started.load(order::relaxed)) return;
  settle();
  empty_quarantine();
  try {
    tell_what_is_left();
  } catch (const std::exception&) {
    std::fputs("lastout: LASTOUT_LEDGER: exit=: out of memory\n", stderr);
  }
}

}  // namespace
}  // namespace lastout::ledger
