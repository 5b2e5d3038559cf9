// thread_end.hpp - what a thread has to do when it ends.
//
// For what keeps something for each thread (slab.hpp). Use a thread_local object with a destructor where a
// first use that ends the process, when there is no memory, is no matter.

#pragma once

#include <utility>

#include <pthread.h>

#include <lastout/atomic.hpp>
#include <lastout/config.hpp>

namespace lastout {
inline namespace LASTOUT_ABI {

/// What a thread gives back when it ends: one list for all slabs. Not by thread_local objects with
/// destructors: to register one takes memory, and the C library ends the process when there is none.
class thread_end {
 public:
  struct duty {
    void (*done_by)(duty& its) noexcept;
    duty* next;
  };

  /// Has done_by(its) called when this thread ends, after its thread_local objects have gone.
  /// Returns   false when that cannot be: there is no memory, or the thread is at its end.
  static bool remember(duty& its) noexcept {
    static pthread_key_t key;
    static const bool has_key = pthread_key_create(&key, &thread_end::come) == 0;
    list& mine = per_thread<list>();
    if (!has_key || mine.come) return false;
    if (mine.first == nullptr && pthread_setspecific(key, &mine) != 0) return false;
    its.next = std::exchange(mine.first, &its);
    return true;
  }

 private:
  struct list {
    duty* first = nullptr;
    bool come = false;
  };
  static void come(void* list_of_thread) noexcept {
    list& mine = *static_cast<list*>(list_of_thread);
    mine.come = true;
    while (duty* const next = mine.first) {
      mine.first = next->next;
      next->done_by(*next);
    }
  }
};

}  // namespace LASTOUT_ABI
}  // namespace lastout
