// creations.hpp - one creator for each name; who else asks waits for it, or takes its failure.
//
// For registry and cache. A name that is being created is in no table: nobody finds what is not
// complete.
//
// Lock order     a gate's lock is inside any of the caller's; only Equal is called with it held.
// Who holds references
//                each creation is held by its creator, its gate's list and those who wait.
//
// Source: rules 35, 36; Linux d_alloc_parallel. Record: docs/design/0016-registry.md.

#pragma once

#include <array>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <utility>

#include <lastout/external.hpp>
#include <lastout/key_hash.hpp>
#include <lastout/kref.hpp>

namespace lastout {
inline namespace LASTOUT_ABI {

template <class Key, class T, class Equal>
class creations {
 public:
  /// Returns what find() answers; else, for one caller at a time, what create() answers. Who waited
  /// for somebody's create() asks find() himself, because what was made may be gone again.
  /// Fails     with what create() throws. Who waits for a create() that throws or answers empty gets
  ///           an empty reference. Empty without memory. violation::creates_within_itself; empty
  ///           then.
  template <class Find, class Create>
  [[nodiscard]] external<T> run(const Key& key, hash_bits hash, Find&& find, Create&& create) {
    gate& here = gates_[hash.place() % gates_max];
    for (;;) {
      external<creation> mine = make<creation>(key);
      if (!mine) return {};
      if (const external<creation> other = here.enter(mine)) {
        const external<T> theirs = here.wait_for(*other);  // kept, so that find() may find it
        if (!theirs) return {};
        if (external<T> found = find()) return found;
        continue;
      }
      ending end{here, mine, {}};
      end.answer = find();
      if (!end.answer) end.answer = create();
      return end.answer;
    }
  }

 private:
  static const void* here() noexcept { return &per_thread<char>(); }  // names the thread

  struct creation : kref<creation> {
    explicit creation(const Key& of) noexcept : key(of) {}
    const Key& key;  // the creator's, until it leaves
    const void* const creator = creations::here();
    bool waited_for = false;  // this and all below: under the gate's lock
    bool over = false;
    external<T> answer;
    creation* next = nullptr;
  };

  class gate {
   public:
    /// Returns   somebody's creation of that key; empty when there is none: it is the caller's now.
    external<creation> enter(external<creation>& mine) {
      const std::lock_guard<std::mutex> guard(lock_);
      for (creation* each = first_; each != nullptr; each = each->next) {
        if (!Equal{}(each->key, mine->key)) continue;
        each->waited_for = true;
        return external<creation>::get(*each);
      }
      mine->next = first_;
      first_ = external<creation>(mine).leak();
      return {};
    }

    external<T> wait_for(creation& other) {
      if (other.creator == here()) [[unlikely]] {
        report(violation::creates_within_itself, {type_name<T>(), nullptr}, "get_or_create");
        return {};
      }
      std::unique_lock<std::mutex> guard(lock_);
      over_.wait(guard, [&other] { return other.over; });
      return other.answer;
    }

    void leave(creation& mine, external<T> answer) noexcept {
      external<creation> listed;
      {
        const std::lock_guard<std::mutex> guard(lock_);
        creation** at = &first_;
        while (*at != &mine) at = &(*at)->next;
        *at = mine.next;
        listed = external<creation>::adopt(&mine);
        if (mine.waited_for) mine.answer = std::move(answer);
        mine.over = true;
      }
      over_.notify_all();
    }

   private:
    std::mutex lock_;
    std::condition_variable over_;
    creation* first_ = nullptr;
  };

  // Whatever way the creator ends.
  struct ending {
    ~ending() { at.leave(*of, std::move(answer)); }
    gate& at;
    external<creation>& of;
    external<T> answer;
  };

  static constexpr std::size_t gates_max = 8;
  std::array<gate, gates_max> gates_;
};

}  // namespace LASTOUT_ABI
}  // namespace lastout
