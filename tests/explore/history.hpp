// history.hpp - what happened to each location of one execution, and before what.
//
// Happens-before by C++20: a release store, or read-modify-write, heads a release sequence;
// read-modify-writes of any order continue it, a store ends it; an acquire read of any of it
// synchronizes with every head. Relaxed operations carry nothing.
//
//   access                                  must come after (else: data race)
//   touch: atomic, mutex, plain read        the last write
//   write: birth, plain write, end, free    the last write and every thread's last touch
//
// A location's stores are kept, in modification order. A load may return any store that coherence and
// happens-before leave it: none older than what its thread has read or written there, or than what
// happens before it (readable()). A store may land before others that its thread knows nothing of,
// though never between a read-modify-write and what that read (landings()). A read-modify-write lands
// like a store, and reads what stands right before that place. This is C++20 without load buffering
// (as RC11: what a thread does, it does in its program's order).
//
// seq_cst operations follow one another in the order of the execution: on one location none looks
// back behind another one; a fence, and membarrier, hands on all that was known at the earlier ones.
// Less than C++20: their order never runs against happens-before, which need not be "strongly" so.
// More: a fence and another thread's seq_cst loads and stores know nothing of each other.
//
//   location    left by
//   unknown     birth, first touch (an object from before the execution)
//   alive       death, release of its block
//   destroyed   birth: after the death inside the heap; elsewhere the location is fresh
//   freed       nothing: blocks are kept until the execution is over

#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdlib>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "explore/choices.hpp"
#include "explore/clock.hpp"
#include "explore/place.hpp"
#include "explore/site.hpp"

namespace interleave {

/// One access of one thread.
struct event {
  unsigned thread = 0;
  stamp when = 0;
  const char* what = "";
  place where;

  std::string text() const {
    return std::string(what) + " by thread " + std::to_string(thread) + " (" + where.text() + ")";
  }
};

/// What a thread knows: what happened before it; and beyond that, by fences, what it may not
/// overlook any more.
struct knowledge {
  vector_clock before;
  vector_clock seen;

  void join(const knowledge& more) noexcept {
    before.join(more.before);
    seen.join(more.seen);
  }
};

/// One store to an atomic.
struct written {
  std::uint64_t value = 0;
  unsigned thread = 0;
  stamp when = 0;
  knowledge released;  // what an acquire read gets
  bool rmw = false;    // it follows at once what it read
  unsigned step = 0;   // of the execution; 0: before it
};

struct location {
  unsigned number = 0;  // its name in reports
  event write;
  std::array<event, threads_max> touches{};
  knowledge released;           // of a mutex: what who locks it gets
  std::vector<written> stores;  // of an atomic, in modification order
  struct read {
    stamp when;
    unsigned step;  // of the store
    unsigned times;
  };
  std::array<std::vector<read>, threads_max> reads;  // the newest last; none is older in the order
  unsigned last_seq_cst = 0;                         // the step of the newest store they know
  bool ended = false;                                // destroyed or freed, by `write`
  thread_mask watchers = 0;  // threads that looked at it since their last relax()
};

class history {
 public:
  history() = default;
  history(const history&) = delete;
  history& operator=(const history&) = delete;
  ~history() { begin(); }

  void begin() {
    for (auto& [at, b] : blocks_) std::free(at);
    blocks_.clear();
    locations_.clear();
    kept_.clear();
    now_ = {};
    fenced_ = {};
    fence_ = {};
    to_acquire_ = {};
  }

  /// The atomics in these bytes are atomics for ever: one is born by a relaxed store, none dies.
  void keep(const void* at, std::size_t bytes) {
    const auto* const first = static_cast<const char*>(at);
    kept_.emplace_back(first, first + bytes);
  }
  bool stays(const void* at) const noexcept {
    for (const auto& [first, end] : kept_)
      if (first <= at && at < end) return true;
    return false;
  }

  /// Threads 1 to `count` start after all that thread 0 did.
  void fork(unsigned count) {
    for (unsigned i = 1; i <= count; ++i) now_[i] = now_[0];
  }

  /// Thread 0 goes on after all that the others did.
  void join() {
    for (const knowledge& k : now_) now_[0].join(k);
  }

  /// "#3", as the table calls it.
  std::string name_of(const void* at) const {
    const auto found = locations_.find(at);
    return found == locations_.end() ? "something" : "#" + std::to_string(found->second.number);
  }

  location& touch(unsigned me, const void* at, const char* what, place where) {
    location& l = alive(me, at, what, where);
    l.touches[me] = after(me, l.write, l, what, where);
    return l;
  }

  location& write(unsigned me, const void* at, const char* what, place where) {
    location& l = alive(me, at, what, where);
    overwrite(me, l, what, where);
    return l;
  }

  location& birth(unsigned me, const void* at, const char* what, place where) {
    location& l = find(at);
    const block* b = block_of(at);
    if (l.ended && b == nullptr) {
      const unsigned number = l.number;
      l = location{};
      l.number = number;
    }
    if (b == nullptr || b->freed.when == 0) l.ended = false;
    l.released = {};
    l.stores.clear();
    for (auto& reads : l.reads) reads.clear();
    return write(me, at, what, where);
  }

  location& death(unsigned me, const void* at, const char* what, place where) {
    location& l = write(me, at, what, where);
    l.ended = true;
    return l;
  }

  // Of a mutex.
  void acquire(unsigned me, const location& l) { now_[me].join(l.released); }
  void release(unsigned me, location& l) { l.released.join(now_[me]); }

  // Of an atomic; the thread has touched it.

  /// What it holds when it was not stored to in this execution.
  static void expect(location& l, std::uint64_t value) {
    if (!l.stores.empty()) return;
    l.stores.emplace_back();
    l.stores.back().value = value;
  }

  /// Where in l.stores a load may read, from the newest on; the same one no more than so many
  /// times in a row where there is a newer one.
  std::vector<std::size_t> readable(unsigned me, const location& l, bool seq_cst,
                                    unsigned times_max) const {
    std::vector<std::size_t> out;
    const std::size_t oldest = oldest_readable(me, l, seq_cst);
    for (std::size_t i = l.stores.size(); i-- > oldest;) {
      const bool newest = i + 1 == l.stores.size();
      if (newest || times_read(me, l, l.stores[i].step) < times_max) out.push_back(i);
    }
    return out;
  }
  /// Where in l.stores a store may land, the end first.
  std::vector<std::size_t> landings(unsigned me, const location& l, bool seq_cst) const {
    std::vector<std::size_t> out = {l.stores.size()};
    for (std::size_t i = l.stores.size(); --i > oldest_readable(me, l, seq_cst);)
      if (!l.stores[i].rmw) out.push_back(i);
    return out;
  }

  void read(unsigned me, location& l, std::size_t from, edges e, bool seq_cst) {
    const written& store = l.stores[from];
    note_read(me, l, store.step);
    if (seq_cst) l.last_seq_cst = store.step;
    to_acquire_[me].join(store.released);
    if (e.acquire) now_[me].join(store.released);
  }
  void store(unsigned me, location& l, std::size_t at, std::uint64_t value, unsigned step, edges e,
             bool seq_cst) {
    written made{value, me, now_[me].before.at[me], fenced_[me], false, step};
    if (e.release) made.released.join(now_[me]);
    l.stores.insert(l.stores.begin() + static_cast<std::ptrdiff_t>(at), made);
    if (seq_cst) l.last_seq_cst = step;
  }
  /// Reads what stands before `at`.
  void read_modify_write(unsigned me, location& l, std::size_t at, std::uint64_t value,
                         unsigned step, edges e, bool seq_cst) {
    read(me, l, at - 1, e, seq_cst);
    const knowledge sequence = l.stores[at - 1].released;
    store(me, l, at, value, step, e, seq_cst);
    l.stores[at].released.join(sequence);
    l.stores[at].rmw = true;
  }

  void fence(unsigned me, edges e, bool seq_cst) {
    if (e.acquire) now_[me].join(to_acquire_[me]);
    if (seq_cst) {
      fence_.join(seen_by(me));
      now_[me].seen.join(fence_);
    }
    if (e.release) fenced_[me] = now_[me];
  }
  /// As if each thread had a seq_cst fence here.
  void membarrier(unsigned threads) {
    for (int round = 0; round < 2; ++round)
      for (unsigned i = 0; i < threads; ++i) fence(i, {true, true}, true);
  }
  /// All stores get to everybody in the end: this thread has waited for that.
  void wait_for_stores(unsigned me, location& l) {
    if (!l.stores.empty()) note_read(me, l, l.stores.back().step);
  }

  void* allocate(unsigned me, std::size_t bytes, place where) {
    char* at = static_cast<char*>(std::malloc(bytes));
    if (at != nullptr) blocks_[at] = {bytes, {me, 1, "allocate", where}, {}};
    return at;
  }

  void free(unsigned me, void* at, place where) {
    const auto found = blocks_.find(static_cast<char*>(at));
    if (found == blocks_.end()) fail("freed what the heap of this execution never gave out");
    block& b = found->second;
    const event now{me, 1, "free", where};
    if (b.freed.when != 0) fail("freed twice: " + now.text() + " after " + b.freed.text());
    b.freed = now;
    const char* const end = found->first + b.bytes;
    for (auto i = locations_.lower_bound(at); i != locations_.end() && i->first < end; ++i) {
      overwrite(me, i->second, "free", where);
      i->second.ended = true;
    }
  }

  void expect_no_leak() const {
    for (const auto& [at, b] : blocks_) {
      if (b.freed.when == 0) {
        fail("leak: " + std::to_string(b.bytes) + " bytes, " + b.allocated.text());
      }
    }
  }

 private:
  struct block {
    std::size_t bytes;
    event allocated;
    event freed;  // when == 0: not yet
  };

  location& find(const void* at) {
    const auto [i, fresh] = locations_.try_emplace(at);
    location& l = i->second;
    if (fresh) {
      l.number = static_cast<unsigned>(locations_.size());
      const block* b = block_of(at);
      l.ended = b != nullptr && b->freed.when != 0;
      if (l.ended) l.write = b->freed;
    }
    return l;
  }

  location& alive(unsigned me, const void* at, const char* what, place where) {
    location& l = find(at);
    if (l.ended) {
      fail("use after " + std::string(l.write.what) + " of #" + std::to_string(l.number) + ": " +
           event{me, 0, what, where}.text() + " after " + l.write.text());
    }
    return l;
  }

  void overwrite(unsigned me, location& l, const char* what, place where) {
    for (const event& e : l.touches) after(me, e, l, what, where);
    l.write = after(me, l.write, l, what, where);
  }

  /// The access of `me` that comes now, checked to come after `earlier`.
  event after(unsigned me, const event& earlier, const location& l, const char* what, place where) {
    vector_clock& now = now_[me].before;
    const event access{me, ++now.at[me], what, where};
    if (!now.covers(earlier.thread, earlier.when)) {
      fail("data race on #" + std::to_string(l.number) + ": " + access.text() +
           " is not ordered after " + earlier.text());
    }
    return access;
  }

  vector_clock seen_by(unsigned me) const {
    vector_clock all = now_[me].before;
    all.join(now_[me].seen);
    return all;
  }

  static std::size_t place_of(const location& l, unsigned step) {
    std::size_t i = l.stores.size();
    while (i-- > 0)
      if (l.stores[i].step == step) return i;
    return 0;
  }

  /// Coherence: not before what was stored or read by whatever this thread knows of.
  std::size_t oldest_readable(unsigned me, const location& l, bool seq_cst) const {
    const vector_clock known = seen_by(me);
    std::size_t out = l.stores.size() - 1;
    while (out > 0 && !known.covers(l.stores[out].thread, l.stores[out].when)) --out;
    for (unsigned other = 0; other < threads_max; ++other) {
      for (auto i = l.reads[other].rbegin(); i != l.reads[other].rend(); ++i) {
        if (!known.covers(other, i->when)) continue;
        out = std::max(out, place_of(l, i->step));
        break;
      }
    }
    if (seq_cst && l.last_seq_cst != 0) out = std::max(out, place_of(l, l.last_seq_cst));
    return out;
  }

  void note_read(unsigned me, location& l, unsigned step) {
    auto& mine = l.reads[me];
    if (mine.empty() || mine.back().step != step)
      mine.push_back({now_[me].before.at[me], step, 1});
    else
      ++mine.back().times;
  }
  static unsigned times_read(unsigned me, const location& l, unsigned step) {
    const auto& mine = l.reads[me];
    return mine.empty() || mine.back().step != step ? 0 : mine.back().times;
  }

  const block* block_of(const void* at) const {
    auto i = blocks_.upper_bound(static_cast<char*>(const_cast<void*>(at)));
    if (i == blocks_.begin()) return nullptr;
    --i;
    return static_cast<const char*>(at) < i->first + i->second.bytes ? &i->second : nullptr;
  }

  std::map<const void*, location, std::less<>> locations_;  // nodes stay put: others point to them
  std::map<char*, block> blocks_;
  std::vector<std::pair<const char*, const char*>> kept_;
  std::array<knowledge, threads_max> now_{};
  std::array<knowledge, threads_max> fenced_{};      // at its last release fence
  std::array<knowledge, threads_max> to_acquire_{};  // what an acquire fence gets
  vector_clock fence_;                               // known at some seq_cst fence
};

}  // namespace interleave
