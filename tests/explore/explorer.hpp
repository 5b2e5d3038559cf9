// explorer.hpp - runs one program in all its interleavings, on fibers, and judges each.
//
// Each logical thread is parked before its next visible operation (atomic, mutex), so the scheduler
// knows what every thread would do next. All else (plain accesses, birth, death, free) runs on
// without a choice: if nothing races its order is settled by the visible ones, and a race is
// reported in whatever order it comes.
//
//   state      meaning                              leaves it by
//   local      between two visible operations       arrive(), relax(), the end of its body
//   parked     before a visible operation           being picked
//   relaxing   spun in vain                         another thread's change of what it looked at
//   joining    thread 0, until all others ended     the last end
//   ended
//
// relax() blocks until another thread changes the value of a location that the caller accessed
// since its last relax(): until then a further spin would only repeat the last one. (A loop that
// gives up after so many spins is thus taken to be one that never gives up.)
//
// Memory is as weak as C++20 allows, but for load buffering: which store a load returns and where a
// store lands are choices as well (history.hpp). A load returns the same old store no more than
// options.stale_reads times in a row, and after relax() the newest of what was looked at.
//
// Limits: a choice has eight branches at most, so of more stores the newest eight are read. After a
// failure the fibers are dropped where they stand: what they held is leaked.

#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "explore/choices.hpp"
#include "explore/fiber.hpp"
#include "explore/history.hpp"

namespace interleave {

struct options {
  std::uint64_t max_executions = 1'000'000;  // of the tree; redundant ones count too
  std::uint64_t samples = 0;                 // random executions when the tree was not walked
  unsigned depth = 0;                        // of the random executions: see sampler.hpp
  // Of changes of thread where it could go on, and of old stores chosen; -1: none. With a bound
  // nothing is reduced.
  int preemption_bound = -1;
  std::uint64_t seed = 1;      // of the random executions
  bool reduce = true;          // one schedule of those that differ in nothing visible
  bool stale = true;           // a load may return an old store, and a store land before others
  unsigned stale_reads = 2;    // of one store in a row: without a bound a loop could for ever
  bool spurious = false;       // compare_exchange_weak may fail for no reason, never twice in a row
  unsigned cpus = 2;           // that restartable sequences run on, up to threads_max
  unsigned interruptions = 2;  // of one thread's restartable sequences in a row
  std::uint64_t max_steps = 5'000;  // visible operations of one execution
  std::string replay = {};          // from result::replay: run this schedule only. What the
                                    // environment says of this program (see the message) does too
  std::string called = {};  // tells it from others whose set-up is of the same type, in a replay
};

struct result {
  std::uint64_t executions = 0;  // different ones
  std::uint64_t redundant = 0;   // found, underway, to repeat another
  bool complete = false;         // the whole tree (within the bound, if any) was walked
  bool failed = false;
  std::string message;  // what failed, and the schedule as a table
  std::string replay;
};

/// What one execution consists of.
class world {
 public:
  /// Adds a thread, which starts when the set-up is over.
  void thread(std::function<void()> body) { bodies_.push_back(std::move(body)); }

  /// Sets what runs after all threads ended. Then the closures are destroyed; what the heap still
  /// holds after that is a leak.
  void finally(std::function<void()> body) { finally_ = std::move(body); }

  /// How many threads it has.
  std::size_t threads() const noexcept { return bodies_.size(); }

 private:
  friend class explorer;
  std::vector<std::function<void()>> bodies_;
  std::function<void()> finally_;
};

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
inline replay_asked_for asked_for;

class explorer {
 public:
  static inline explorer* running = nullptr;

  explorer(options o, std::function<void(world&)> set_up)
      : options_(std::move(o)),
        set_up_(std::move(set_up)),
        name_(name_of(set_up_, options_.called)),
        choices_(options_.seed, options_.depth) {
    if (options_.replay.empty()) options_.replay = replay_from_environment();
    if (!options_.replay.empty()) choices_.follow(options_.replay);
  }

  result run() {
    if (running != nullptr) fail("explore() inside explore()");
    running = this;
    std::uint64_t runs = 0, samples = 0;
    for (bool more = true; more && !result_.failed;) {
      execute();
      ++(choices_.redundant ? result_.redundant : result_.executions);
      if (choices_.replaying()) break;
      if (samples > 0) {
        more = samples++ < options_.samples;
      } else if (!result_.failed && !choices_.backtrack()) {
        result_.complete = true;
        more = false;
      } else if (++runs >= options_.max_executions) {
        choices_.sample();
        more = samples++ < options_.samples;
      }
    }
    running = nullptr;
    return std::move(result_);
  }

  // What the operations of a logical thread call.

  /// Parks the running thread before a visible operation and returns once it is picked.
  /// `owner`: of a mutex to be locked, not enabled before it is nobody.
  /// `holds`: what an atomic holds when nobody has stored to it yet. `also`: written to as well.
  location& arrive(const char* what, const void* at, bool writes, place where,
                   const int* owner = nullptr, std::uint64_t holds = 0,
                   const void* also = nullptr) {
    logical& t = me();
    if (!std::exchange(t.goes_on, false)) {
      t.next = {what, at, writes, owner, settle(where), also};
      t.state = phase::parked;
      yield();
    }
    if (++steps_ > options_.max_steps) {
      fail("livelock: no end after " + std::to_string(options_.max_steps) + " steps");
    }
    for (logical& other :
         threads_) {  // one that relaxes with nothing to look at waits for any step
      if (other.state == phase::relaxing && other.watched.empty()) other.state = phase::local;
    }
    location& l = history_.touch(current_, at, what, t.next.where);
    history::expect(l, holds);
    l.watchers |= bit(current_);
    t.watched.push_back(&l);
    return l;
  }

  // The atomic operations that arrived at `l`. All take and return bits of values.

  std::uint64_t load(location& l, const char* what, std::memory_order order) {
    const bool seq_cst = order == std::memory_order_seq_cst;
    const std::vector<std::size_t> from = readable(l, seq_cst);
    return read(l, what, order, from[looks_back(choices_.pick_value(count(from)))]);
  }

  void store(location& l, std::uint64_t value, std::memory_order order) {
    const bool seq_cst = order == std::memory_order_seq_cst;
    const edges e = all_sites.remaining("store", access_kind::store, order, me().last);
    const std::vector<std::size_t> at = landings(l, seq_cst, false);
    const std::size_t chosen = at[looks_back(choices_.pick_value(count(at)))];
    const std::uint64_t newest = l.stores.back().value;
    history_.store(current_, l, chosen, value, next_step(), e, seq_cst);
    landed(l, "store", order, chosen, newest);
  }

  /// `next` makes what is written of what is read, which is returned.
  template <class Next>
  std::uint64_t read_modify_write(location& l, const char* what, std::memory_order order,
                                  Next next) {
    const std::vector<std::size_t> at = landings(l, order == std::memory_order_seq_cst, true);
    const std::size_t chosen = at[looks_back(choices_.pick_value(count(at)))];
    return read_modify_write(l, what, order, chosen, next(l.stores[chosen - 1].value));
  }

  /// Returns whether it has exchanged; `expected` is what it read. `weak` may fail whatever it
  /// reads; else it fails when that is something else.
  bool compare_exchange(location& l, std::uint64_t& expected, std::uint64_t desired, bool weak,
                        std::memory_order success, std::memory_order failure) {
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

  void fence(std::memory_order order, place where) {
    location& l = arrive("fence", &fence_location, true, where);
    const bool seq_cst = order == std::memory_order_seq_cst;
    const edges e = all_sites.remaining("fence", access_kind::rmw, order, me().last);
    history_.fence(current_, e, seq_cst);
    note("fence", l, text(order), 0, 0);
  }
  void membarrier(place where) {
    location& l = arrive("membarrier", everything, true, where);
    history_.membarrier(threads_max);
    note("membarrier", l, "seq_cst", 0, 0);
  }

  // Restartable sequences. One is interrupted when another thread begins one on the same CPU, for
  // then this thread has been taken off it; and by restart_all().

  /// Begins one, on a CPU that is chosen. Returns which.
  unsigned begin_restartable(place where) {
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

  /// Returns whether it has not been interrupted. Then the thread's next operation, the commit, is
  /// one with this.
  bool may_commit(const void* to, place where) {
    logical& t = me();
    location& l =
        arrive("commit", &cpus_[static_cast<unsigned>(t.cpu)], true, where, nullptr, 0, to);
    const bool ok = !t.interrupted && !fails_spuriously();
    note(ok ? "commit" : "commit failed", l, "", 0, 0);
    if (!ok) interrupt(t);
    t.goes_on = ok;
    return ok;
  }

  /// Ends the running thread's sequence, committed or not. The commit is what the next one here sees.
  void end_restartable(bool committed) {
    logical& t = me();
    const unsigned cpu = static_cast<unsigned>(std::exchange(t.cpu, -1));
    if (committed) {
      t.interruptions = 0;
      history_.release(current_, history_.touch(current_, &cpus_[cpu], "end", t.last));
    }
    if (cpus_[cpu].kept_by == current()) cpus_[cpu].kept_by = nobody;
  }

  /// membarrier, after which every sequence that was under way will have been begun again.
  void membarrier_and_restart(place where) {
    membarrier(where);
    for (logical& t : threads_) interrupt(t);
  }

  void finish_lock(location& l, const char* what, bool acquired, bool released) {
    if (acquired) history_.acquire(current_, l);
    if (released) history_.release(current_, l);
    if (acquired || released) wake(l);
    note(what, l, "", 0, 0);
  }

  /// Decides whether this compare_exchange_weak fails for no reason.
  bool fails_spuriously() {
    logical& t = me();
    t.spurious = options_.spurious && !t.spurious && choices_.pick_value(2) == 1;
    if (t.spurious) t.woken = true;  // to spin once more is not in vain
    return t.spurious;
  }

  void relax() {
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

  void birth(const void* at, place where) {
    note("birth", history_.birth(current_, at, "birth", settle(where)), "", 0, 0);
  }
  void death(const void* at) {
    note("destroy", history_.death(current_, at, "destroy", settle({})), "", 0, 0);
  }
  void plain_read(const void* at, place where) {
    note("read", history_.touch(current_, at, "read", settle(where)), "", 0, 0);
  }
  void plain_write(const void* at, place where) {
    note("write", history_.write(current_, at, "write", settle(where)), "", 0, 0);
  }
  void* allocate(std::size_t bytes, place where) {
    return history_.allocate(current_, bytes, settle(where));
  }
  void free(void* at, place where) {
    history_.free(current_, at, settle(where));
    note_step({current_, "free", 0, me().last, "", 0, 0});
  }

  /// The running thread's own T. Kept till the execution is over, so its address names the thread.
  template <class T>
  T& slot() {
    static char key;
    for (auto& [k, object] : me().slots) {
      if (k == &key) return *static_cast<T*>(object.get());
    }
    auto made = std::make_shared<T>();
    T& object = *made;
    me().slots.emplace_back(&key, std::move(made));
    return object;
  }

  /// Memory that stays of one type: see type_stable().
  void keep(const void* at, std::size_t bytes) { history_.keep(at, bytes); }
  bool stays(const void* at) const noexcept { return history_.stays(at); }

  int current() const noexcept { return static_cast<int>(current_); }

  [[noreturn]] void fail(const std::string& why) {
    result_.failed = true;
    result_.replay = choices_.replay();
    result_.message = why + "\nin thread " + std::to_string(current_) + "\n" + table() +
                      "this execution alone: " + replay_asked_for::variable + "=" + name_ + ":" +
                      result_.replay + " in the environment";
    fiber::enter(home_, nullptr);
  }

 private:
  enum class phase { none, local, parked, relaxing, joining, ended };

  struct operation {
    const char* what = "";
    const void* at = nullptr;
    bool writes = false;
    const int* owner = nullptr;
    place where;
    const void* also = nullptr;  // a second one, of a commit

    bool depends_on(const operation& o) const {
      if (at == everything || o.at == everything) return true;
      return (writes || o.writes) &&
             (at == o.at || at == o.also || also == o.at || (also != nullptr && also == o.also));
    }
  };

  struct logical {
    fiber stack;
    phase state = phase::none;
    operation next;
    place last;                      // the last known place
    std::vector<location*> watched;  // accessed since the last relax()
    bool woken = false;              // one of them was changed by another thread
    bool spurious = false;           // its last compare_exchange_weak failed for no reason
    bool goes_on = false;            // its next operation is one with the last: no choice between
    int cpu = -1;                    // of the restartable sequence that it is in
    bool interrupted = false;        // that sequence will not commit
    unsigned interruptions = 0;      // of its sequences in a row
    unsigned last_step = 0;          // the number of what it did last
    std::vector<std::pair<const void*, std::shared_ptr<void>>> slots;
  };

  static constexpr int nobody = -1;
  struct cpu_state {
    int kept_by = nobody;  // the thread that is not interrupted there any more
  };

  static inline const char fence_location = 0;
  static constexpr const void* everything = nullptr;
  static constexpr std::size_t shown_first = 60, shown_last = 140;  // steps of a long table

  struct step {
    unsigned thread;
    const char* what;
    unsigned number;  // of the location
    place where;
    const char* order;
    std::uint64_t before, after;
    unsigned number_of_store = 0;  // what a load read from
    unsigned lands_before = 0;     // of a store that is not the last one now
  };

  static unsigned count(const std::vector<std::size_t>& of) {
    return static_cast<unsigned>(of.size());
  }
  unsigned next_step() const { return static_cast<unsigned>(steps_seen_.size()) + 1; }

  /// Whether a load or a store may choose other than the newest; that it has counts as a preemption.
  bool may_look_back() const noexcept {
    return options_.stale &&
           (options_.preemption_bound < 0 || preemptions_ < options_.preemption_bound);
  }
  unsigned looks_back(unsigned chosen) noexcept {
    preemptions_ += chosen == 0 ? 0 : 1;
    return chosen;
  }

  std::vector<std::size_t> readable(const location& l, bool seq_cst) const {
    std::vector<std::size_t> from = {l.stores.size() - 1};
    if (may_look_back()) {
      from = history_.readable(current_, l, seq_cst, options_.stale_reads);
      std::erase_if(from, [&](std::size_t i) { return comes_otherwise(l, i + 1, &l.stores[i]); });
    }
    return from;
  }
  /// A read-modify-write reads what stands right before the place.
  std::vector<std::size_t> landings(const location& l, bool seq_cst, bool rmw) const {
    std::vector<std::size_t> at = {l.stores.size()};
    if (may_look_back()) {
      at = history_.landings(current_, l, seq_cst);
      std::erase_if(at, [&](std::size_t i) {
        return comes_otherwise(l, i, rmw ? &l.stores[i - 1] : nullptr);
      });
    }
    return at;
  }
  /// To go back behind a store that came after this thread's last step is to have gone before it: in
  /// another schedule the thread does, unless what it reads came later still. New is only what came
  /// before both.
  bool comes_otherwise(const location& l, std::size_t behind, const written* reads) const {
    if (!options_.reduce || options_.preemption_bound >= 0) return false;
    unsigned last = threads_[current_].last_step;
    if (reads != nullptr) last = std::max(last, reads->step);
    return std::any_of(l.stores.begin() + static_cast<std::ptrdiff_t>(behind), l.stores.end(),
                       [last](const written& s) { return s.step > last; });
  }
  std::uint64_t read(location& l, const char* what, std::memory_order order, std::size_t from) {
    const edges e = all_sites.remaining(what, access_kind::load, order, me().last);
    const std::uint64_t value = l.stores[from].value;
    const unsigned stored_by = l.stores[from].step;
    if (from + 1 != l.stores.size()) me().woken = true;  // to look again is not in vain
    history_.read(current_, l, from, e, order == std::memory_order_seq_cst);
    note(what, l, text(order), value, value);
    steps_seen_.back().number_of_store = stored_by;
    return value;
  }
  std::uint64_t read_modify_write(location& l, const char* what, std::memory_order order,
                                  std::size_t at, std::uint64_t value) {
    const edges e = all_sites.remaining(what, access_kind::rmw, order, me().last);
    const std::uint64_t newest = l.stores.back().value;
    if (at != l.stores.size()) me().woken = true;  // to look again is not in vain
    history_.read_modify_write(current_, l, at, value, next_step(), e,
                               order == std::memory_order_seq_cst);
    landed(l, what, order, at, newest);
    return l.stores[at - 1].value;
  }
  void landed(location& l, const char* what, std::memory_order order, std::size_t at,
              std::uint64_t newest_before) {
    if (newest_before != l.stores.back().value) wake(l);
    note(what, l, text(order), l.stores[at - 1].value, l.stores[at].value);
    steps_seen_.back().lands_before = at + 1 < l.stores.size() ? l.stores[at + 1].step : 0;
  }

  logical& me() noexcept { return threads_[current_]; }

  void execute() {
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

  /// A fiber lives as long as the explorer and runs one body per execution.
  static void body_of_fiber() {
    for (;;) running->body();
  }

  void body() {
    bool threw = false;
    try {
      if (current_ == 0) {
        main_body();
      } else {
        (*bodies_)[current_ - 1]();
      }
    } catch (...) {
      threw = true;
    }
    if (threw) fail("an exception escaped");
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

  void main_body() {
    world w;
    set_up_(w);
    if (w.bodies_.size() >= threads_max) fail("too many threads");
    bodies_ = &w.bodies_;
    const auto count = static_cast<unsigned>(w.bodies_.size());
    history_.fork(count);
    for (unsigned i = 1; i <= count; ++i) threads_[i].state = phase::local;
    me().state = phase::joining;
    yield();
    history_.join();
    if (w.finally_) w.finally_();
  }

  /// Lets the next thread run; returns when this one is picked again, its state local.
  void yield() {
    logical& from = me();
    current_ = pick();
    me().state = phase::local;
    if (&me() != &from) fiber::change(from.stack, me().stack, &explorer::body_of_fiber);
  }

  unsigned pick() {
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

  unsigned choose(thread_mask enabled) {
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

  std::string stuck() const {
    std::string who;
    bool spins = false;
    for (unsigned i = 1; i < threads_max; ++i) {
      const logical& t = threads_[i];
      if (t.state != phase::parked && t.state != phase::relaxing) continue;
      const bool relaxes = t.state == phase::relaxing;
      spins = spins || relaxes;
      who += "\n  thread " + std::to_string(i) + (relaxes ? " spins " : " waits to lock ") +
             t.last.text();
    }
    return (spins ? "livelock: nobody is left to change anything" : "deadlock") + who;
  }

  void interrupt(logical& t) noexcept {
    if (t.cpu < 0 || t.interrupted || cpus_[static_cast<unsigned>(t.cpu)].kept_by != nobody) return;
    t.interrupted = true;
    ++t.interruptions;
  }

  void wake(location& l) {
    for (thread_mask w = l.watchers & ~bit(current_); w != 0; w &= w - 1) {
      logical& t = threads_[lowest(w)];
      t.woken = true;
      if (t.state == phase::relaxing) t.state = phase::local;
    }
  }

  /// The place to report: `where` if it is known, else the thread's last one.
  place settle(place where) {
    place& last = me().last;
    if (where.known() || last.file == nullptr) {
      last = where;
    } else {
      last.after = true;
    }
    return last;
  }

  void note(const char* what, const location& l, const char* order, std::uint64_t before,
            std::uint64_t after) {
    note_step({current_, what, l.number, me().last, order, before, after});
  }
  void note_step(const step& s) {
    steps_seen_.push_back(s);
    me().last_step = static_cast<unsigned>(steps_seen_.size());
  }

  std::string table() const {
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

  static std::string short_text(std::uint64_t value) {
    char text[24];
    std::snprintf(text, sizeof text, value < 100'000 ? "%llu" : "0x%llx",
                  static_cast<unsigned long long>(value));
    return text;
  }

  /// Names the program in a replay: the same in each process.
  static std::string name_of(const std::function<void(world&)>& set_up, const std::string& called) {
    std::uint32_t hash = 2'166'136'261;  // FNV-1a
    for (const char c : set_up.target_type().name() + called) {
      hash = (hash ^ static_cast<unsigned char>(c)) * 16'777'619;
    }
    char text[16];
    std::snprintf(text, sizeof text, "%08x", static_cast<unsigned>(hash));
    return text;
  }

  std::string replay_from_environment() const {
    const char* const set = std::getenv(replay_asked_for::variable);
    const std::string text = set == nullptr ? "" : set;
    if (!text.starts_with(name_ + ":")) return "";
    asked_for.followed = text;
    return text.substr(name_.size() + 1);
  }

  options options_;
  std::function<void(world&)> set_up_;
  std::string name_;
  choices choices_;
  history history_;
  result result_;
  fiber home_;
  std::array<logical, threads_max> threads_;
  std::array<cpu_state, threads_max> cpus_;
  std::vector<std::function<void()>>* bodies_ = nullptr;
  std::vector<step> steps_seen_;
  unsigned current_ = 0;
  unsigned last_ = 0;  // who did the last visible operation
  std::uint64_t steps_ = 0;
  int preemptions_ = 0;
};

/// Ends the exploration: this execution is wrong. Outside of one, ends the program.
[[noreturn]] inline void fail(const std::string& why) {
  if (explorer::running != nullptr) explorer::running->fail(why);
  std::fprintf(stderr, "interleave: %s\n", why.c_str());
  std::abort();
}

}  // namespace interleave
