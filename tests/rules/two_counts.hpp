// two_counts.hpp - a dual for the explorer to look at, and the same by hand with one thing broken.
//
// For the files in tests/edges/ only. A scenario is a template over a kit: its active and passive
// handles, and make().

#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <utility>

#include <lastout/dual.hpp>

#include "rules/explored.hpp"

namespace two_counts {

namespace order = lastout::order;
using interleave::check;
using interleave::plain;

/// What happens to one object: the explorer finds whoever is not ordered with it.
struct body : rules::watched_memory {
  plain<int> used{0};    // by who has an active reference
  plain<int> looked{0};  // by who has a passive one
  plain<bool> ended{false};

  void deactivate() noexcept {
    check(!ended.read(), "the use ends once");
    (void)used.read();
    ended = true;
  }
  void release() noexcept {
    check(ended.read(), "the use ends before the memory goes");
    (void)looked.read();
  }
};

struct real {
  struct object : lastout::dual<object, lastout::unnamed_holders>, body {
    void deactivate() noexcept { body::deactivate(); }
    void release() noexcept {
      body::release();
      delete this;
    }
    bool wait_until_drained() {
      return drain(std::chrono::steady_clock::time_point::max(), [] { lastout::relax(); }).complete;
    }
  };
  using active = lastout::active<object>;
  using passive = lastout::passive<object>;
  static active make() { return lastout::make_active<object>(); }
};

/// What is broken in a twin.
enum class flaw {
  none,
  active_zero_frees,     // the last user frees, whoever looks
  promotes_blindly,      // looks whether there is a user, then adds one
  closes_by_store,       // reads, and writes back with the flag
  shares_then_unheeded,  // looks at the flag before it adds, and not after
  drains_at_zero,        // does not wait for deactivate()
  put_is_relaxed,        // what a user wrote is not given to the last one
  last_is_relaxed,       // the last one takes nothing over
};

/// The same in the same word, for as long as nothing is misused; and one flaw.
template <flaw Flaw>
struct by_hand {
  struct object : body {
    static constexpr std::uint64_t closed = 1ull << 63, inactive = 1ull << 62, one = 1ull << 32;
    static std::uint32_t active_of(std::uint64_t w) { return (w >> 32) & 0xffff; }
    static constexpr std::memory_order put_order =
        Flaw == flaw::put_is_relaxed ? order::relaxed : order::release;
    static constexpr std::memory_order last_order =
        Flaw == flaw::last_is_relaxed ? order::relaxed : order::acquire;

    bool share() {
      if (Flaw == flaw::shares_then_unheeded) {
        if ((word.load(order::relaxed) & closed) != 0) return false;
        word.fetch_add(one, order::relaxed);
        return true;
      }
      if ((word.fetch_add(one, order::relaxed) & closed) == 0) return true;
      word.fetch_sub(one, order::relaxed);
      return false;
    }
    bool promote() {
      std::uint64_t seen = word.load(order::relaxed);
      for (;;) {
        if ((seen & closed) != 0 || active_of(seen) == 0) return false;
        if (Flaw == flaw::promotes_blindly) return word.fetch_add(one, order::acquire), true;
        if (word.compare_exchange_weak(seen, seen + one, order::acquire, order::relaxed))
          return true;
      }
    }
    void put_active() {
      if (active_of(word.fetch_sub(one, put_order)) != 1) return;
      (void)word.load(last_order);
      deactivate();
      if (Flaw == flaw::active_zero_frees) return free();
      word.fetch_or(inactive, order::release);
      put_passive();
    }
    void get_passive() { word.fetch_add(1, order::relaxed); }
    void put_passive() {
      if ((word.fetch_sub(1, put_order) & 0xffff) != 1) return;
      (void)word.load(last_order);
      free();
    }
    void free() {
      release();
      delete this;
    }
    void close() {
      if (Flaw == flaw::closes_by_store) {
        word.store(word.load(order::relaxed) | closed, order::relaxed);
      } else {
        word.fetch_or(closed, order::relaxed);
      }
    }
    bool wait_until_drained() {
      for (;;) {
        const std::uint64_t seen = word.load(order::acquire);
        if (Flaw == flaw::drains_at_zero ? active_of(seen) == 0 : (seen & inactive) != 0)
          return true;
        lastout::relax();
      }
    }
    [[nodiscard]] std::uint32_t active_references() const {
      return active_of(word.load(order::relaxed));
    }
    lastout::atomic<std::uint64_t> word{one + 1};
  };

  class passive {
   public:
    explicit passive(object* of = nullptr) : object_(of) {}
    passive(passive&& other) noexcept : object_(std::exchange(other.object_, nullptr)) {}
    ~passive() { put(); }
    void put() {
      if (object_ != nullptr) std::exchange(object_, nullptr)->put_passive();
    }
    [[nodiscard]] auto get_active() const;
    object* operator->() const { return object_; }

   private:
    object* object_;
  };

  class active {
   public:
    explicit active(object* of = nullptr) : object_(of) {}
    active(active&& other) noexcept : object_(std::exchange(other.object_, nullptr)) {}
    active& operator=(active other) noexcept {
      std::swap(object_, other.object_);
      return *this;
    }
    ~active() { put(); }
    void put() {
      if (object_ != nullptr) std::exchange(object_, nullptr)->put_active();
    }
    [[nodiscard]] active share() const { return active(object_->share() ? object_ : nullptr); }
    [[nodiscard]] passive get_passive() const {
      object_->get_passive();
      return passive(object_);
    }
    object* operator->() const { return object_; }
    explicit operator bool() const { return object_ != nullptr; }

   private:
    object* object_;
  };

  static active make() { return active(new object); }
};

template <flaw Flaw>
auto by_hand<Flaw>::passive::get_active() const {
  return active(object_->promote() ? object_ : nullptr);
}

/// A handle that a thread takes with it: threads are std::functions, which copy.
template <class Handle>
std::shared_ptr<Handle> carried(Handle handle) {
  return std::make_shared<Handle>(std::move(handle));
}

}  // namespace two_counts
