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
// Limits: a choice has 32 branches at most, so of more stores the newest 32 are read. After a
// failure the fibers are dropped where they stand: what they held is leaked.

#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "explore/choices.hpp"
#include "explore/fiber.hpp"
#include "explore/history.hpp"
#include "explore/place.hpp"

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
  bool complete = false;  // the whole tree (within the bound, if any) was walked, no choice cut
  bool failed = false;
  std::string message;  // what failed, and the schedule as a table
  std::string replay;
};

/// What one execution consists of.
class world {
 public:
  /// Adds a thread, which starts when the set-up is over. Requires  in the set-up.
  void thread(std::function<void()> body);

  /// Sets what runs after all threads ended. Then the closures are destroyed; what the heap still
  /// holds after that is a leak. Requires  in the set-up.
  void finally(std::function<void()> body);

  /// How many threads it has.
  std::size_t threads() const noexcept { return bodies_.size(); }

 private:
  friend class explorer;
  std::vector<std::function<void()>> bodies_;
  std::function<void()> finally_;
  bool begun_ = false;
};

class explorer {
 public:
  static inline explorer* running = nullptr;

  explorer(options o, std::function<void(world&)> set_up);
  ~explorer();
  explorer(const explorer&) = delete;
  explorer& operator=(const explorer&) = delete;

  result run();

  // What the operations of a logical thread call.

  /// Parks the running thread before a visible operation and returns once it is picked.
  /// `owner`: of a mutex to be locked, not enabled before it is nobody.
  /// `holds`: what an atomic holds when nobody has stored to it yet. `also`: written to as well.
  location& arrive(const char* what, const void* at, bool writes, place where,
                   const int* owner = nullptr, std::uint64_t holds = 0, const void* also = nullptr);

  // The atomic operations that arrived at `l`. All take and return bits of values.

  std::uint64_t load(location& l, const char* what, std::memory_order order);
  void store(location& l, std::uint64_t value, std::memory_order order);

  /// `next` makes what is written of what is read, which is returned.
  template <class Next>
  std::uint64_t read_modify_write(location& l, const char* what, std::memory_order order,
                                  Next next) {
    const std::size_t at = pick_landing(l, order, true);
    return read_modify_write(l, what, order, at, next(l.stores[at - 1].value));
  }

  /// Returns whether it has exchanged; `expected` is what it read. `weak` may fail whatever it
  /// reads; else it fails when that is something else.
  bool compare_exchange(location& l, std::uint64_t& expected, std::uint64_t desired, bool weak,
                        std::memory_order success, std::memory_order failure);

  void fence(std::memory_order order, place where);
  void membarrier(place where);

  // Restartable sequences. One is interrupted when another thread begins one on the same CPU, for
  // then this thread has been taken off it; and by membarrier_and_restart().

  /// Begins one, on a CPU that is chosen. Returns which.
  unsigned begin_restartable(place where);

  /// Returns whether it has not been interrupted. Then the thread's next operation, the commit, is
  /// one with this.
  bool may_commit(const void* to, place where);

  /// Ends the running thread's sequence, committed or not. The commit is what the next one here sees.
  void end_restartable(bool committed);

  /// membarrier, after which every sequence that was under way will have been begun again.
  void membarrier_and_restart(place where);

  void finish_lock(location& l, const char* what, bool acquired, bool released);

  /// Decides whether this compare_exchange_weak fails for no reason.
  bool fails_spuriously();

  void relax();

  void birth(const void* at, place where);
  void death(const void* at);
  void plain_read(const void* at, place where);
  void plain_write(const void* at, place where);
  void* allocate(std::size_t bytes, place where);
  void free(void* at, place where);

  /// The running thread's own T. Kept till the execution is over, so its address names the thread.
  template <class T>
  T& slot() {
    static char key;
    if (void* const there = find_slot(&key)) return *static_cast<T*>(there);
    auto made = std::make_shared<T>();
    T& object = *made;
    add_slot(&key, std::move(made));
    return object;
  }

  /// Memory that stays of one type: see type_stable().
  void keep(const void* at, std::size_t bytes);
  bool stays(const void* at) const noexcept { return history_.stays(at); }

  int current() const noexcept { return static_cast<int>(current_); }

  [[noreturn]] void fail(const std::string& why);

 private:
  enum class phase { none, local, parked, relaxing, joining, ended };

  struct operation {
    const char* what = "";
    const void* at = nullptr;
    bool writes = false;
    const int* owner = nullptr;
    place where;
    const void* also = nullptr;  // a second one, of a commit

    bool depends_on(const operation& o) const noexcept;
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

  std::vector<std::size_t> readable(const location& l, bool seq_cst) const;
  /// A read-modify-write reads what stands right before the place.
  std::vector<std::size_t> landings(const location& l, bool seq_cst, bool rmw) const;
  std::size_t pick_landing(const location& l, std::memory_order order, bool rmw);
  /// To go back behind a store that came after this thread's last step is to have gone before it: in
  /// another schedule the thread does, unless what it reads came later still. New is only what came
  /// before both.
  bool comes_otherwise(const location& l, std::size_t behind, const written* reads) const;
  std::uint64_t read(location& l, const char* what, std::memory_order order, std::size_t from);
  std::uint64_t read_modify_write(location& l, const char* what, std::memory_order order,
                                  std::size_t at, std::uint64_t value);
  void landed(location& l, const char* what, std::memory_order order, std::size_t at,
              std::uint64_t newest_before);

  logical& me() noexcept { return threads_[current_]; }

  void execute();
  void tell_passed() const;
  /// A fiber lives as long as the explorer and runs one body per execution.
  static void body_of_fiber();
  void body();
  void main_body();

  /// Lets the next thread run; returns when this one is picked again, its state local.
  void yield();
  unsigned pick();
  unsigned choose(thread_mask enabled);
  std::string stuck() const;

  void interrupt(logical& t) noexcept;
  void wake(location& l);

  void* find_slot(const void* key) noexcept;
  void add_slot(const void* key, std::shared_ptr<void> object);

  /// The place to report: `where` if it is known, else the thread's last one.
  place settle(place where);
  void note(const char* what, const location& l, const char* order, std::uint64_t before,
            std::uint64_t after);
  void note_step(const step& s);
  std::string table() const;

  std::string replay_from_environment() const;

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

/// Runs what `set_up` puts into the world, once per schedule. All state has to be made in there.
result explore(options o, std::function<void(world&)> set_up);

/// Ends the exploration: this execution is wrong. Outside of one, ends the program.
[[noreturn]] void fail(const std::string& why);

/// Fails unless it is `ok`.
void check(bool ok, const char* what, place where = place::here());

}  // namespace interleave
