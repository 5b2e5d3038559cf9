// socket_detach.cpp - BIND 9's isc_socket_detach(): the last one out stands still before it takes the
// socket from the manager's table, and somebody finds it there.
//
// BIND 9.12 to 9.14: the count reaches zero, then destroy() takes the manager's lock and unlinks. A
// thread that serves the descriptor meanwhile finds the socket in its table, gets and puts it: that
// put is a last one too, and destroys it a second time. Rule 31.
//
// Lastout's own words are dead at zero, and refuse the second get. Here is a count by hand, which does
// not: the ledger knows that nobody had a reference to get from, whatever the count says.
//
// says: ^lastout: violation got_without_reference in get of sockets::isc_socket<.*> at 0x
// stack: guilty_serve
// says: ^  the last that was put was put .* ago by thread
// stack: detach

#include <cstdint>
#include <mutex>
#include <semaphore>
#include <thread>

#include <lastout/internal.hpp>
#include <lastout/kref.hpp>

#include "reproduction.hpp"

namespace sockets {

using lastout::external;
namespace order = lastout::order;

/// Where the last put of the first thread stands still, once.
struct stall {
  std::binary_semaphore at_zero{0};
  std::binary_semaphore go_on{0};
  bool done = false;
  void here() {
    if (done) return;
    done = true;
    at_zero.release();
    go_on.acquire();
  }
};
static stall between;

/// As isc_refcount: adds, subtracts, and does not mind zero.
class plain_word {
 public:
  void birth(std::uint32_t n, lastout::subject /*unused*/) { count_.store(n, order::release); }
  void get(lastout::subject /*unused*/) { count_.fetch_add(1, order::relaxed); }
  bool get_not_zero(lastout::subject who) { return get(who), true; }
  bool put(lastout::subject /*unused*/) {
    if (count_.fetch_sub(1, order::acq_rel) != 1) return false;
    between.here();
    return true;
  }
  bool dead() const { return count_.load(order::relaxed) == 0; }
  std::uint32_t references() const { return count_.load(order::relaxed); }

 private:
  lastout::atomic<std::uint32_t> count_{0};
};

template <class Word>
struct isc_socket;

template <class Word>
struct manager {
  std::mutex lock;
  isc_socket<Word>* served = nullptr;
  lastout::internal<isc_socket<Word>> listed;
  int destroyed = 0;
};
template <class Word>
static manager<Word> the_manager;

template <class Word>
struct isc_socket : lastout::kref<isc_socket<Word>, Word> {
  void release() noexcept {
    between.here();
    manager<Word>& in = the_manager<Word>;
    const std::lock_guard held(in.lock);
    if (++in.destroyed != 1) return;  // a second time: BIND frees what is free
    in.served = nullptr;
    in.listed = {};
    delete this;
  }
};

using counted_by_hand = isc_socket<plain_word>;
using counted = isc_socket<lastout::refcount>;

[[gnu::noinline]] static void guilty_serve(manager<plain_word>& of) {
  external<counted_by_hand> found;
  {
    const std::lock_guard held(of.lock);
    if (of.served == nullptr) return;
    found = external<counted_by_hand>::get(*of.served);  // the bug: it is in the table, but alive?
  }
  found.put();
}

static void serve(manager<lastout::refcount>& of) {
  external<counted> found;
  {
    const std::unique_lock held(of.lock);
    found = of.listed.get_not_zero(held);
  }
  found.put();
}

template <class Word>
[[gnu::noinline]] static void detach(external<isc_socket<Word>>& last) {
  last.put();
}

/// How often it was destroyed.
template <class Word>
static int served_while_it_goes(void (*serve_it)(manager<Word>& of)) {
  manager<Word>& of = the_manager<Word>;
  external<isc_socket<Word>> opened = lastout::make<isc_socket<Word>>();
  of.served = opened.address();
  of.listed = {*opened, of.lock};
  std::thread last([&opened] { detach(opened); });
  between.at_zero.acquire();
  serve_it(of);
  between.go_on.release();
  last.join();
  return of.destroyed;
}

}  // namespace sockets

int main(int count, char** words) {
  if (bugs::asked(count, words) == bugs::variant::broken)
    return sockets::served_while_it_goes(sockets::guilty_serve) == 2 ? 0 : 1;
  return sockets::served_while_it_goes(sockets::serve) == 1 ? 0 : 1;
}
