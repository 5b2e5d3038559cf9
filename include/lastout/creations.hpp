// creations.hpp - one creator for each name; who else asks waits for it, or takes its failure.
//
// For registry and cache. A name that is being created is in no table: nobody finds what is not
// complete. A creation stands in its creator's frame; only when somebody waits for it is there a
// room to wait in, which outlives it.
//
// Lock order     a gate's lock is inside any of the caller's; Equal is called with it held, and memory
//                asked for. A room's lock is inside nothing, and no other is taken inside it.
// Who holds references
//                each room is held by the creation and by those who wait in it.
//
// Source: rules 35, 36; Linux d_alloc_parallel. Record: docs/design/0016-registry.md.

#pragma once

#include <array>
#include <cstddef>
#include <mutex>
#include <utility>

#include <lastout/external.hpp>
#include <lastout/key_hash.hpp>
#include <lastout/kref.hpp>
#include <lastout/lock.hpp>
#include <lastout/spin_lock.hpp>

namespace lastout {
inline namespace LASTOUT_ABI {

template <class Key, class T, class Equal>
class creations {
 public:
  /// Returns what find() answers; else, for one caller at a time, what create() answers. Who waited
  /// for somebody's create() asks find() himself, because what was made may be gone again.
  /// Fails     with what create() throws. Who waits for a create() that throws or answers empty gets
  ///           an empty reference. So does who would wait and has no memory for it.
  ///           violation::creates_within_itself; empty then.
  template <class Find, class Create>
  [[nodiscard]] external<T> run(const Key& key, hash_bits hash, Find&& find, Create&& create) {
    gate& here = gates_[hash.place() % gates_max];
    for (;;) {
      creation mine(here, key);
      external<room> others;
      if (!mine.enter(others)) {
        if (!others) return {};
        const external<T> theirs = others->wait();  // kept, so that find() may find it
        if (!theirs) return {};
        if (external<T> found = find()) return found;
        continue;
      }
      if (external<T> found = find()) return mine.leave(std::move(found));
      return mine.leave(create());
    }
  }

 private:
  static const void* here() noexcept { return &per_thread<char>(); }  // names the thread

  /// Where others wait for a creation.
  class room : public kref<room> {
   public:
    external<T> wait() {
      std::unique_lock<blocking::mutex> guard(lock_);
      over_.wait(guard, [this] { return done_; });
      return answer_;
    }
    void open(const external<T>& answer) noexcept {
      {
        const std::lock_guard<blocking::mutex> guard(lock_);
        answer_ = answer;
        done_ = true;
      }
      over_.notify_all();
    }

   private:
    blocking::mutex lock_;
    blocking::condition over_;
    bool done_ = false;  // this and answer_: under the lock
    external<T> answer_;
  };

  class creation;
  struct alignas(64) gate {
    spin_lock lock;
    creation* first = nullptr;
  };

  class creation {
   public:
    creation(gate& at, const Key& key) noexcept : gate_(at), key_(key) {}
    creation(const creation&) = delete;
    creation& operator=(const creation&) = delete;
    ~creation() {
      if (listed_) (void)leave({});  // create() threw
    }

    /// Returns   true when the caller creates; else where to wait, or nothing when he must not.
    bool enter(external<room>& others) {
      {
        const std::lock_guard<spin_lock> guard(gate_.lock);
        creation* const other = other_of_that_key();
        if (other == nullptr) {
          next_ = gate_.first;
          gate_.first = this;
          return listed_ = true;
        }
        if (other->creator_ != creator_) {
          if (!other->waiting_) other->waiting_ = make<room>();
          others = other->waiting_;
          return false;
        }
      }
      report(violation::creates_within_itself, {type_name<T>(), nullptr}, "get_or_create");
      return false;
    }

    external<T> leave(external<T> answer) noexcept {
      external<room> waiting;
      {
        const std::lock_guard<spin_lock> guard(gate_.lock);
        creation** at = &gate_.first;
        while (*at != this) at = &(*at)->next_;
        *at = next_;
        waiting = std::move(waiting_);
      }
      listed_ = false;
      if (waiting) waiting->open(answer);
      return answer;
    }

   private:
    creation* other_of_that_key() const {
      creation* each = gate_.first;
      while (each != nullptr && !Equal{}(each->key_, key_)) each = each->next_;
      return each;
    }

    gate& gate_;
    const Key& key_;
    const void* const creator_ = creations::here();
    bool listed_ = false;
    creation* next_ = nullptr;  // this and waiting_: under the gate's lock
    external<room> waiting_;
  };

  static constexpr std::size_t gates_max = 8;
  std::array<gate, gates_max> gates_;
};

}  // namespace LASTOUT_ABI
}  // namespace lastout
