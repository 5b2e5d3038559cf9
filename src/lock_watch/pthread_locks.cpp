// pthread_locks.cpp - std::mutex, std::shared_mutex and all else that stands on pthread_mutex_* and
// pthread_rwlock_*, watched: these functions stand in front of the C library's and tell the ledger.
//
// Link `lastout_lock_watch` and nothing else changes. Where ThreadSanitizer is linked, which stands
// there itself, it is left out. A recursive lock is noted once for each time it is taken.

#include <dlfcn.h>
#include <pthread.h>
#include <time.h>

#include <lastout/atomic.hpp>
#include <lastout/lock_watch.hpp>

namespace {

using lastout::atomic;
namespace order = lastout::order;

// The C library's function of that name, looked up once.
template <class Function>
class original {
 public:
  explicit constexpr original(const char* name) noexcept : name_(name) {}

  template <class... Argument>
  auto operator()(Argument... argument) noexcept {
    return reinterpret_cast<Function*>(address())(argument...);
  }

 private:
  void* address() noexcept {
    // relaxed: whoever looks it up finds the same
    void* found = found_.load(order::relaxed);
    if (found == nullptr) {
      found = dlsym(RTLD_NEXT, name_);
      found_.store(found, order::relaxed);
    }
    return found;
  }
  const char* name_;
  atomic<void*> found_{nullptr};
};

constinit original<int(pthread_mutex_t*)> mutex_lock("pthread_mutex_lock");
constinit original<int(pthread_mutex_t*)> mutex_trylock("pthread_mutex_trylock");
constinit original<int(pthread_mutex_t*, const timespec*)> mutex_timedlock(
    "pthread_mutex_timedlock");
constinit original<int(pthread_mutex_t*, clockid_t, const timespec*)> mutex_clocklock(
    "pthread_mutex_clocklock");
constinit original<int(pthread_mutex_t*)> mutex_destroy("pthread_mutex_destroy");
constinit original<int(pthread_mutex_t*)> mutex_unlock("pthread_mutex_unlock");
constinit original<int(pthread_rwlock_t*)> rwlock_rdlock("pthread_rwlock_rdlock");
constinit original<int(pthread_rwlock_t*)> rwlock_tryrdlock("pthread_rwlock_tryrdlock");
constinit original<int(pthread_rwlock_t*)> rwlock_wrlock("pthread_rwlock_wrlock");
constinit original<int(pthread_rwlock_t*)> rwlock_trywrlock("pthread_rwlock_trywrlock");
constinit original<int(pthread_rwlock_t*)> rwlock_unlock("pthread_rwlock_unlock");

[[gnu::always_inline]] inline int taken(int status, const void* lock) noexcept {
  if (status == 0) lastout::ledger::lock_taken_by(lock, __builtin_return_address(0));
  return status;
}

}  // namespace

extern "C" {

int pthread_mutex_lock(pthread_mutex_t* m) noexcept { return taken(mutex_lock(m), m); }
int pthread_mutex_trylock(pthread_mutex_t* m) noexcept { return taken(mutex_trylock(m), m); }
int pthread_mutex_timedlock(pthread_mutex_t* m, const timespec* until) noexcept {
  return taken(mutex_timedlock(m, until), m);
}
int pthread_mutex_clocklock(pthread_mutex_t* m, clockid_t clock, const timespec* until) noexcept {
  return taken(mutex_clocklock(m, clock, until), m);
}
int pthread_mutex_unlock(pthread_mutex_t* m) noexcept {
  lastout::ledger::lock_given(m);
  return mutex_unlock(m);
}

int pthread_mutex_destroy(pthread_mutex_t* m) noexcept {
  lastout::ledger::lock_destroyed(m);
  return mutex_destroy(m);
}

int pthread_rwlock_rdlock(pthread_rwlock_t* l) noexcept { return taken(rwlock_rdlock(l), l); }
int pthread_rwlock_tryrdlock(pthread_rwlock_t* l) noexcept { return taken(rwlock_tryrdlock(l), l); }
int pthread_rwlock_wrlock(pthread_rwlock_t* l) noexcept { return taken(rwlock_wrlock(l), l); }
int pthread_rwlock_trywrlock(pthread_rwlock_t* l) noexcept { return taken(rwlock_trywrlock(l), l); }
int pthread_rwlock_unlock(pthread_rwlock_t* l) noexcept {
  lastout::ledger::lock_given(l);
  return rwlock_unlock(l);
}

}  // extern "C"
