// explorer.cpp - how the explorer runs a program again and again, and what it tells of a failure.
//
// What it walks with (history.hpp, choices.hpp, sampler.hpp) is compiled in here, too: no test calls it.

#include "explore/explorer.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <exception>

namespace interleave {
namespace {

/// The execution that the environment asks for. At the program's end it is told when nothing that was
/// explored is called that.
struct replay_asked_for {
  static constexpr const char* variable = "INTERLEAVE_REPLAY";
  std::string followed = {};

  ~replay_asked_for() {
    const char* const set = std::getenv(variable);
    if (set == nullptr || followed == set) return;
    std::fprintf(stderr,
                 "%s=%s: nothing that was explored here is called that; is the program the same as "
                 "the one that said it, and its test among those that ran?\n",
                 variable, set);
  }
};
replay_asked_for asked_for;

constexpr char fence_location = 0;
constexpr const void* everything = nullptr;
constexpr std::size_t shown_first = 60, shown_last = 140;  // steps of a long table
constexpr std::size_t plain_too = 20;  // so many times max_steps, with those that are not visible

unsigned count(const std::vector<std::size_t>& of) { return static_cast<unsigned>(of.size()); }

std::string endless(std::uint64_t steps) {
  return "livelock: no end after " + std::to_string(steps) +
         " steps (is there a loop that waits without relax()?)";
}

std::string short_text(std::uint64_t value) {
  char text[24];
  std::snprintf(text, sizeof text, value < 100'000 ? "%llu" : "0x%llx",
                static_cast<unsigned long long>(value));
  return text;
}

/// Names the program in a replay: the same in each process.
std::string name_of(const std::function<void(world&)>& set_up, const std::string& called) {
  std::uint32_t hash = 2'166'136'261;  // FNV-1a
  for (const char c : set_up.target_type().name() + called) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 16'777'619;
  }
  char text[16];
  std::snprintf(text, sizeof text, "%08x", static_cast<unsigned>(hash));
  return text;
}

}  // namespace

void world::thread(std::function<void()> body) {
  if (begun_) interleave::fail("thread() when the set-up is over");
  bodies_.push_back(std::move(body));
}
void world::finally(std::function<void()> body) {
  if (begun_) interleave::fail("finally() when the set-up is over");
  finally_ = std::move(body);
}

explorer::explorer(options o, std::function<void(world&)> set_up)
    : options_(std::move(o)),
      set_up_(std::move(set_up)),
      name_(name_of(set_up_, options_.called)),
      choices_(options_.seed, options_.depth) {
  if (options_.replay.empty()) options_.replay = replay_from_environment();
  if (options_.replay.starts_with(name_ + ":")) options_.replay.erase(0, name_.size() + 1);
  if (!options_.replay.empty()) choices_.follow(options_.replay);
}

explorer::~explorer() = default;

result explorer::run() {
  if (running != nullptr) running->fail("explore() inside explore()");
  running = this;
  std::uint64_t runs = 0, samples = 0;
  for (bool more = true; more && !result_.failed;) {
    execute();
    ++(choices_.redundant ? result_.redundant : result_.executions);
    if (choices_.replaying()) {
      if (!result_.failed) tell_passed();
      break;
    }
    if (samples > 0) {
      more = samples++ < options_.samples;
    } else if (!result_.failed && !choices_.backtrack()) {
      result_.complete = !choices_.cut;
      more = false;
    } else if (++runs >= options_.max_executions) {
      choices_.sample();
      more = samples++ < options_.samples;
    }
  }
  running = nullptr;
  return std::move(result_);
}

void explorer::tell_passed() const {
  std::fprintf(stderr, "interleave: the execution %s:%s does not fail", name_.c_str(),
               options_.replay.c_str());
  if (const std::size_t more = choices_.left_over(); more != 0)
    std::fprintf(stderr, ", and ends %zu choices before it", more);
  std::fprintf(stderr, ": the program is another one now, or the text is not whole\n");
}

location& explorer::arrive(const char* what, const void* at, bool writes, place where,
                           const int* owner, std::uint64_t holds, const void* also) {
  logical& t = me();
  if (!std::exchange(t.goes_on, false)) {
    t.next = {what, at, writes, owner, settle(where), also};
    t.state = phase::parked;
    yield();
  }
  if (++steps_ > options_.max_steps) {
    fail(endless(options_.max_steps));
  }
  for (logical& other : threads_) {  // one that relaxes with nothing to look at waits for any step
    if (other.state == phase::relaxing && other.watched.empty()) other.state = phase::local;
  }
  location& l = history_.touch(current_, at, what, t.next.where);
  history::expect(l, holds);
  l.watchers |= bit(current_);
  t.watched.push_back(&l);
  return l;
}

std::uint64_t explorer::load(location& l, const char* what, std::memory_order order) {
  const bool seq_cst = order == std::memory_order_seq_cst;
  const std::vector<std::size_t> from = readable(l, seq_cst);
  return read(l, what, order, from[looks_back(choices_.pick_value(count(from)))]);
}

void explorer::store(location& l, std::uint64_t value, std::memory_order order) {
  const edges e = all_sites.remaining("store", access_kind::store, order, me().last);
  const std::size_t at = pick_landing(l, order, false);
  const std::uint64_t newest = l.stores.back().value;
  history_.store(current_, l, at, value, next_step(), e, order == std::memory_order_seq_cst);
  landed(l, "store", order, at, newest);
}

bool explorer::compare_exchange(location& l, std::uint64_t& expected, std::uint64_t desired,
                                bool weak, std::memory_order success, std::memory_order failure) {
  const bool seq_cst = failure == std::memory_order_seq_cst;
  const bool fails_anyhow = weak && fails_spuriously();
  std::vector<std::size_t> from = readable(l, seq_cst), at;
  if (!fails_anyhow) {
    const auto expects = [&](std::size_t i) { return l.stores[i].value == expected; };
    std::erase_if(from, expects);
    at = landings(l, success == std::memory_order_seq_cst, true);
    std::erase_if(at, [&](std::size_t i) { return !expects(i - 1); });
  }
  // The newest first, whether it succeeds or fails.
  const bool fails_first = at.empty() || at.front() != l.stores.size();
  unsigned chosen = looks_back(choices_.pick_value(count(from) + count(at)));
  const unsigned first = fails_first ? count(from) : count(at);
  const bool fails = (chosen < first) == fails_first;
  if (chosen >= first) chosen -= first;
  if (fails) {
    expected = read(l, "compare_exchange failed", failure, from[chosen]);
  } else {
    (void)read_modify_write(l, "compare_exchange", success, at[chosen], desired);
  }
  return !fails;
}

void explorer::fence(std::memory_order order, place where) {
  location& l = arrive("fence", &fence_location, true, where);
  const bool seq_cst = order == std::memory_order_seq_cst;
  const edges e = all_sites.remaining("fence", access_kind::rmw, order, me().last);
  history_.fence(current_, e, seq_cst);
  note("fence", l, text(order), 0, 0);
}

void explorer::membarrier(place where) {
  location& l = arrive("membarrier", everything, true, where);
  history_.membarrier(threads_max);
  note("membarrier", l, "seq_cst", 0, 0);
}

unsigned explorer::begin_restartable(place where) {
  if (options_.cpus == 0 || options_.cpus > threads_max) fail("options.cpus is not 1 .. 8");
  const unsigned cpu = choices_.pick_value(options_.cpus);
  location& l = arrive("begin on a CPU", &cpus_[cpu], true, where, &cpus_[cpu].kept_by);
  for (logical& other : threads_) {
    if (other.cpu == static_cast<int>(cpu)) interrupt(other);
  }
  me().cpu = static_cast<int>(cpu);
  me().interrupted = false;
  // Who is interrupted for ever gets nowhere: the kernel lets him finish some time.
  if (me().interruptions >= options_.interruptions) cpus_[cpu].kept_by = current();
  history_.acquire(current_, l);  // a CPU sees its own stores, and threads change on it in order
  note("begin on a CPU", l, "", cpu, cpu);
  return cpu;
}

bool explorer::may_commit(const void* to, place where) {
  logical& t = me();
  location& l = arrive("commit", &cpus_[static_cast<unsigned>(t.cpu)], true, where, nullptr, 0, to);
  const bool ok = !t.interrupted && !fails_spuriously();
  note(ok ? "commit" : "commit failed", l, "", 0, 0);
  if (!ok) interrupt(t);
  t.goes_on = ok;
  return ok;
}

void explorer::end_restartable(bool committed) {
  logical& t = me();
  const unsigned cpu = static_cast<unsigned>(std::exchange(t.cpu, -1));
  if (committed) {
    t.interruptions = 0;
    history_.release(current_, history_.touch(current_, &cpus_[cpu], "end", t.last));
  }
  if (cpus_[cpu].kept_by == current()) cpus_[cpu].kept_by = nobody;
}

void explorer::membarrier_and_restart(place where) {
  membarrier(where);
  for (logical& t : threads_) interrupt(t);
}

void explorer::finish_lock(location& l, const char* what, bool acquired, bool released) {
  if (acquired) history_.acquire(current_, l);
  if (released) history_.release(current_, l);
  if (acquired || released) wake(l);
  note(what, l, "", 0, 0);
}

bool explorer::fails_spuriously() {
  logical& t = me();
  t.spurious = options_.spurious && !t.spurious && choices_.pick_value(2) == 1;
  if (t.spurious) t.woken = true;  // to spin once more is not in vain
  return t.spurious;
}

void explorer::relax() {
  logical& t = me();
  if (!t.woken) {
    t.state = phase::relaxing;
    yield();
  }
  for (location* l : t.watched) {
    l->watchers &= ~bit(current_);
    history_.wait_for_stores(current_, *l);
  }
  t.watched.clear();
  t.woken = false;
}

void explorer::birth(const void* at, place where) {
  note("birth", history_.birth(current_, at, "birth", settle(where)), "", 0, 0);
}

void explorer::death(const void* at) {
  note("destroy", history_.death(current_, at, "destroy", settle({})), "", 0, 0);
}

void explorer::plain_read(const void* at, place where) {
  note("read", history_.touch(current_, at, "read", settle(where)), "", 0, 0);
}

void explorer::plain_write(const void* at, place where) {
  note("write", history_.write(current_, at, "write", settle(where)), "", 0, 0);
}

void* explorer::allocate(std::size_t bytes, place where) {
  return history_.allocate(current_, bytes, settle(where));
}

void explorer::free(void* at, place where) {
  history_.free(current_, at, settle(where));
  note_step({current_, "free", 0, me().last, "", 0, 0});
}

void explorer::keep(const void* at, std::size_t bytes) { history_.keep(at, bytes); }

void explorer::fail(const std::string& why) {
  result_.failed = true;
  result_.replay = choices_.replay();
  result_.message = why + "\nin thread " + std::to_string(current_) + "\n" + table() +
                    "this execution alone: " + replay_asked_for::variable + "=" + name_ + ":" +
                    result_.replay + " in the environment";
  fiber::enter(home_, nullptr);
}

std::vector<std::size_t> explorer::readable(const location& l, bool seq_cst) const {
  std::vector<std::size_t> from = {l.stores.size() - 1};
  if (may_look_back()) {
    from = history_.readable(current_, l, seq_cst, options_.stale_reads);
    std::erase_if(from, [&](std::size_t i) { return comes_otherwise(l, i + 1, &l.stores[i]); });
  }
  return from;
}

std::vector<std::size_t> explorer::landings(const location& l, bool seq_cst, bool rmw) const {
  std::vector<std::size_t> at = {l.stores.size()};
  if (may_look_back()) {
    at = history_.landings(current_, l, seq_cst);
    std::erase_if(
        at, [&](std::size_t i) { return comes_otherwise(l, i, rmw ? &l.stores[i - 1] : nullptr); });
  }
  return at;
}

std::size_t explorer::pick_landing(const location& l, std::memory_order order, bool rmw) {
  const std::vector<std::size_t> at = landings(l, order == std::memory_order_seq_cst, rmw);
  return at[looks_back(choices_.pick_value(count(at)))];
}

bool explorer::comes_otherwise(const location& l, std::size_t behind, const written* reads) const {
  if (!options_.reduce || options_.preemption_bound >= 0) return false;
  unsigned last = threads_[current_].last_step;
  if (reads != nullptr) last = std::max(last, reads->step);
  return std::any_of(l.stores.begin() + static_cast<std::ptrdiff_t>(behind), l.stores.end(),
                     [last](const written& s) { return s.step > last; });
}

std::uint64_t explorer::read(location& l, const char* what, std::memory_order order,
                             std::size_t from) {
  const edges e = all_sites.remaining(what, access_kind::load, order, me().last);
  const std::uint64_t value = l.stores[from].value;
  const unsigned stored_by = l.stores[from].step;
  if (from + 1 != l.stores.size()) me().woken = true;  // to look again is not in vain
  history_.read(current_, l, from, e, order == std::memory_order_seq_cst);
  note(what, l, text(order), value, value);
  steps_seen_.back().number_of_store = stored_by;
  return value;
}

std::uint64_t explorer::read_modify_write(location& l, const char* what, std::memory_order order,
                                          std::size_t at, std::uint64_t value) {
  const edges e = all_sites.remaining(what, access_kind::rmw, order, me().last);
  const std::uint64_t newest = l.stores.back().value;
  if (at != l.stores.size()) me().woken = true;  // to look again is not in vain
  history_.read_modify_write(current_, l, at, value, next_step(), e,
                             order == std::memory_order_seq_cst);
  landed(l, what, order, at, newest);
  return l.stores[at - 1].value;
}

void explorer::landed(location& l, const char* what, std::memory_order order, std::size_t at,
                      std::uint64_t newest_before) {
  if (newest_before != l.stores.back().value) wake(l);
  note(what, l, text(order), l.stores[at - 1].value, l.stores[at].value);
  steps_seen_.back().lands_before = at + 1 < l.stores.size() ? l.stores[at + 1].step : 0;
}

bool explorer::operation::depends_on(const operation& o) const noexcept {
  if (at == everything || o.at == everything) return true;
  return (writes || o.writes) &&
         (at == o.at || at == o.also || also == o.at || (also != nullptr && also == o.also));
}

void explorer::execute() {
  history_.begin();
  choices_.begin();
  steps_seen_.clear();
  steps_ = 0;
  preemptions_ = 0;
  current_ = last_ = 0;
  cpus_ = {};
  for (logical& t : threads_) {
    t.state = phase::none;
    t.last = {};
    t.watched.clear();
    t.woken = t.spurious = t.goes_on = t.interrupted = false;
    t.last_step = 0;
    t.cpu = -1;
    t.interruptions = 0;
  }
  me().state = phase::local;
  fiber::change(home_, me().stack, &explorer::body_of_fiber);
}

void explorer::body_of_fiber() {
  for (;;) running->body();
}

void explorer::body() {
  std::string threw;
  try {
    if (current_ == 0) {
      main_body();
    } else {
      (*bodies_)[current_ - 1]();
    }
  } catch (const std::exception& e) {
    threw = std::string("an exception escaped: ") + e.what();
  } catch (...) {
    threw = "an exception escaped";
  }
  if (!threw.empty()) fail(threw);
  if (current_ == 0) {
    for (logical& t : threads_) t.slots.clear();
    history_.expect_no_leak();
  }
  me().state = phase::ended;
  if (current_ == 0) {
    fiber::change(me().stack, home_, nullptr);
  } else {
    yield();
  }
}

void explorer::main_body() {
  world w;
  set_up_(w);
  if (w.bodies_.size() >= threads_max) {
    fail("too many threads: " + std::to_string(w.bodies_.size()) + ", and " +
         std::to_string(threads_max - 1) + " at most");
  }
  w.begun_ = true;
  bodies_ = &w.bodies_;
  const auto count = static_cast<unsigned>(w.bodies_.size());
  history_.fork(count);
  for (unsigned i = 1; i <= count; ++i) threads_[i].state = phase::local;
  me().state = phase::joining;
  yield();
  history_.join();
  if (w.finally_) w.finally_();
}

void explorer::yield() {
  logical& from = me();
  current_ = pick();
  me().state = phase::local;
  if (&me() != &from) fiber::change(from.stack, me().stack, &explorer::body_of_fiber);
}

unsigned explorer::pick() {
  thread_mask enabled = 0;
  bool all_ended = true;
  for (unsigned i = 0; i < threads_max; ++i) {
    const logical& t = threads_[i];
    if (t.state == phase::local) return i;  // touches nothing shared before it parks
    if (t.state == phase::parked && (t.next.owner == nullptr || *t.next.owner < 0)) {
      enabled |= bit(i);
    }
    all_ended = all_ended && (i == 0 || t.state == phase::none || t.state == phase::ended);
  }
  if (all_ended && threads_[0].state == phase::joining) return 0;
  if (enabled == 0) fail(stuck());
  const unsigned chosen = choose(enabled);
  thread_mask awake = 0;
  for (unsigned i = 0; i < threads_max; ++i) {
    if (threads_[i].next.depends_on(threads_[chosen].next)) awake |= bit(i);
  }
  choices_.asleep &= ~(awake | bit(chosen));
  return chosen;
}

unsigned explorer::choose(thread_mask enabled) {
  const bool may_stay = (enabled & bit(last_)) != 0;
  const unsigned first = may_stay ? last_ : lowest(enabled);
  last_ = first;
  if ((enabled & (enabled - 1)) == 0) {
    if ((choices_.asleep & enabled) != 0) choices_.redundant = true;
    return first;
  }
  const bool bounded = options_.preemption_bound >= 0;
  const bool held = bounded && may_stay && preemptions_ >= options_.preemption_bound;
  last_ = choices_.pick_thread(enabled, held ? bit(first) : enabled, first,
                               options_.reduce && !bounded);
  if (may_stay && last_ != first) ++preemptions_;
  return last_;
}

std::string explorer::stuck() const {
  std::string who;
  bool spins = false;
  for (unsigned i = 0; i < threads_max; ++i) {
    const logical& t = threads_[i];
    if (t.state != phase::parked && t.state != phase::relaxing) continue;
    const bool relaxes = t.state == phase::relaxing;
    spins = spins || relaxes;
    who += "\n  thread " + std::to_string(i);
    who += relaxes ? " spins"
                   : std::string(" waits to ") + t.next.what + " " + history_.name_of(t.next.at) +
                         ", which thread " + std::to_string(*t.next.owner) + " holds,";
    who += " " + t.last.text();
  }
  return (spins ? "livelock: nobody is left to change anything" : "deadlock") + who;
}

void explorer::interrupt(logical& t) noexcept {
  if (t.cpu < 0 || t.interrupted || cpus_[static_cast<unsigned>(t.cpu)].kept_by != nobody) return;
  t.interrupted = true;
  ++t.interruptions;
}

void explorer::wake(location& l) {
  for (thread_mask w = l.watchers & ~bit(current_); w != 0; w &= w - 1) {
    logical& t = threads_[lowest(w)];
    t.woken = true;
    if (t.state == phase::relaxing) t.state = phase::local;
  }
}

void* explorer::find_slot(const void* key) noexcept {
  for (const auto& [k, object] : me().slots) {
    if (k == key) return object.get();
  }
  return nullptr;
}

void explorer::add_slot(const void* key, std::shared_ptr<void> object) {
  me().slots.emplace_back(key, std::move(object));
}

place explorer::settle(place where) {
  place& last = me().last;
  if (where.known() || last.file == nullptr) {
    last = where;
  } else {
    last.after = true;
  }
  return last;
}

void explorer::note(const char* what, const location& l, const char* order, std::uint64_t before,
                    std::uint64_t after) {
  note_step({current_, what, l.number, me().last, order, before, after});
}

void explorer::note_step(const step& s) {
  if (steps_seen_.size() > plain_too * options_.max_steps) fail(endless(steps_seen_.size()));
  steps_seen_.push_back(s);
  me().last_step = static_cast<unsigned>(steps_seen_.size());
}

std::string explorer::table() const {
  std::string rows =
      "  step thread operation              location order     value          from   place\n";
  const std::size_t all = steps_seen_.size();
  std::size_t n = 0;
  for (const step& s : steps_seen_) {
    if (all > shown_first + shown_last && n >= shown_first && n < all - shown_last) {
      if (n == shown_first) rows += "  ... and so on ...\n";
      ++n;
      continue;
    }
    char number[16] = "";
    if (s.number != 0) std::snprintf(number, sizeof number, "#%u", s.number);
    std::string value = *s.order == 0 ? "" : short_text(s.before);
    if (s.before != s.after) value.append(" -> ").append(short_text(s.after));
    std::string from;
    if (s.number_of_store != 0) from = std::to_string(s.number_of_store);
    if (s.lands_before != 0) from = "< " + std::to_string(s.lands_before);
    char row[128];
    std::snprintf(row, sizeof row, "  %-5zu%-7u%-23s%-9s%-10s%-15s%-7s", ++n, s.thread, s.what,
                  number, s.order, value.c_str(), from.c_str());
    rows.append(row).append(s.where.text()).append("\n");
  }
  return rows;
}

std::string explorer::replay_from_environment() const {
  const char* const set = std::getenv(replay_asked_for::variable);
  const std::string text = set == nullptr ? "" : set;
  if (!text.starts_with(name_ + ":")) return "";
  asked_for.followed = text;
  return text.substr(name_.size() + 1);
}

result explore(options o, std::function<void(world&)> set_up) {
  return explorer(std::move(o), std::move(set_up)).run();
}

void fail(const std::string& why) {
  if (explorer::running != nullptr) explorer::running->fail(why);
  std::fprintf(stderr, "interleave: %s\n", why.c_str());
  std::abort();
}

void check(bool ok, const char* what, place where) {
  if (!ok) fail(std::string("wrong: ") + what + " (" + where.text() + ")");
}

}  // namespace interleave
