// eventpoll_unlock.cpp - CVE-2025-38349: the lock lies in the object, and is given back after the put.
//
// Linux before 6.16: epoll puts its reference to the eventpoll while it holds the mutex that is in
// there, and then unlocks. Another one may put the last reference in between, and the unlocking
// touches freed memory, whether this put was the last or not. The fix puts after unlocking. Rule 49.
//
// says: ^lastout: violation used_once_freed in .* of polls::eventpoll at 0x
// says: ^  byte [0-9]+ of it was written to after it had been freed$
// says: ^  it was released by thread .* ago, at$
// stack: guilty_remove
// asan: use-after-poison
// asan: guilty_remove

#include <mutex>
#include <utility>

#include <lastout/kref.hpp>
#include <lastout/spin_lock.hpp>

#include "reproduction.hpp"

namespace polls {

using lastout::external;

struct eventpoll : lastout::kref<eventpoll> {
  lastout::spin_lock lock;
  int items = 1;
};

[[gnu::noinline]] static void guilty_remove(external<eventpoll> from) {
  eventpoll& poll = *from;
  const std::lock_guard held(poll.lock);
  --poll.items;
  from.put();  // the bug: the lock is in there
}

[[gnu::noinline]] static void remove(external<eventpoll> from) {
  eventpoll& poll = *from;
  {
    const std::lock_guard held(poll.lock);
    --poll.items;
  }
  from.put();
}

}  // namespace polls

int main(int count, char** words) {
  const bool broken = bugs::asked(count, words) == bugs::variant::broken;
  auto poll = lastout::make<polls::eventpoll>();
  if (broken) {
    polls::guilty_remove(std::move(poll));
  } else {
    polls::remove(std::move(poll));
  }
  return 0;
}
