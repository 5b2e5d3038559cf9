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
//   location    left by
//   unknown     birth, first touch (an object from before the execution)
//   alive       death, release of its block
//   destroyed   birth: after the death inside the heap; elsewhere the location is fresh
//   freed       nothing: blocks are kept until the execution is over

#pragma once

#include <array>
#include <cstddef>
#include <cstdlib>
#include <functional>
#include <map>
#include <string>

#include "edges/choices.hpp"
#include "edges/clock.hpp"
#include "edges/place.hpp"
#include "edges/site.hpp"

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

struct location {
  unsigned number = 0;  // its name in reports
  event write;
  std::array<event, threads_max> touches{};
  vector_clock released;     // what an acquire read gets
  bool ended = false;        // destroyed or freed, by `write`
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
    now_ = {};
  }

  /// Threads 1 to `count` start after all that thread 0 did.
  void fork(unsigned count) {
    for (unsigned i = 1; i <= count; ++i) now_[i] = now_[0];
  }

  /// Thread 0 goes on after all that the others did.
  void join() {
    for (const vector_clock& c : now_) now_[0].join(c);
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
    return write(me, at, what, where);
  }

  location& death(unsigned me, const void* at, const char* what, place where) {
    location& l = write(me, at, what, where);
    l.ended = true;
    return l;
  }

  void acquire(unsigned me, const location& l) { now_[me].join(l.released); }
  void release(unsigned me, location& l) { l.released.join(now_[me]); }

  /// The happens-before of one atomic operation that read and wrote as `kind` says.
  void synchronize(unsigned me, location& l, access_kind kind, edges e) {
    if (e.acquire) acquire(me, l);
    if (kind == access_kind::store) l.released = {};
    if (e.release) release(me, l);
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
    vector_clock& now = now_[me];
    const event access{me, ++now.at[me], what, where};
    if (!now.covers(earlier.thread, earlier.when)) {
      fail("data race on #" + std::to_string(l.number) + ": " + access.text() +
           " is not ordered after " + earlier.text());
    }
    return access;
  }

  const block* block_of(const void* at) const {
    auto i = blocks_.upper_bound(static_cast<char*>(const_cast<void*>(at)));
    if (i == blocks_.begin()) return nullptr;
    --i;
    return static_cast<const char*>(at) < i->first + i->second.bytes ? &i->second : nullptr;
  }

  std::map<const void*, location, std::less<>> locations_;  // nodes stay put: others point to them
  std::map<char*, block> blocks_;
  std::array<vector_clock, threads_max> now_{};
};

}  // namespace interleave
