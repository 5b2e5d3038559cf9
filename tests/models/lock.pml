// lock.pml - a lock, and so many processes of a kind. Included by the models; not one itself.

// A lock is the number of who has it, and one. Who waits is not waited for: no order among them.
#define lock_type byte

inline lock(l) {
  atomic { l == 0 -> l = _pid + 1 }
}
inline try_lock(l, did) {
  d_step {
    did = (l == 0);
    if
    :: did -> l = _pid + 1
    :: else
    fi
  }
}
inline unlock(l) {
  d_step { assert(l == _pid + 1); l = 0 }
}

// So many processes of a kind, in an atomic sequence of init's.
#define RUN(count, process)           \
  do                                  \
  :: n < count -> n++; run process    \
  :: else -> n = 0; break             \
  od
