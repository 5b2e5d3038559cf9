// counts.cpp - each word and each style in its states: says of each variable what the library thinks
// of it, and calls everything_is_said().
//
// Compiled once for each build setting: each has a namespace of its own.

#include <cstdio>
#include <list>
#include <mutex>
#include <tuple>

#include <lastout/dual.hpp>
#include <lastout/external_word.hpp>
#include <lastout/hit_count.hpp>
#include <lastout/in_slab.hpp>
#include <lastout/internal.hpp>
#include <lastout/kcref.hpp>
#include <lastout/killed.hpp>
#include <lastout/kref.hpp>
#include <lastout/local_word.hpp>
#include <lastout/locked_word.hpp>
#include <lastout/plain.hpp>

struct session : lastout::kref<session> {};
LASTOUT_IN_LEDGER(session);
struct slim : lastout::kref<slim, lastout::external_word> {};
struct stable : lastout::kref<stable>, lastout::in_slab<stable> {};
struct volume : lastout::dual<volume> {};

static std::mutex inodes_lock;
struct inode : lastout::kcref<inode, std::mutex> {
  static std::tuple<std::mutex&> locks() noexcept { return {inodes_lock}; }
  static lastout::fate idle(const idle_proof&) noexcept { return lastout::fate::keep; }
  static void unlink(const idle_proof&) noexcept {}
};
struct lockless : lastout::kcref<lockless> {
  static lastout::fate idle(const idle_proof&) noexcept { return lastout::fate::kill; }
  static void unlink(const idle_proof&) noexcept {}
};
struct page;
struct buffer : lastout::plain<buffer, page> {};
struct page : lastout::plain_parent<page, buffer> {};

extern "C" [[gnu::noinline]] void everything_is_said() { std::fflush(stdout); }

namespace {

template <class Counted>
void say(const char* variable, const Counted& of) {
  std::printf("said %s: %s %u\n", variable, lastout::name(of.state()), of.references());
}
template <class Object>
void say_of_object(const char* variable, const Object& of) {
  std::printf("said %s: %s %u\n", variable,
              of.dead()         ? "dead"
              : of.references() ? "live"
                                : "idle",
              of.references());
}

}  // namespace

int main() {
  using lastout::count_state;
  lastout::on_violation([](const lastout::violation_report&) noexcept {});

  lastout::refcount unborn;
  lastout::refcount one(1);
  lastout::refcount three(3);
  lastout::refcount most(lastout::count_max);
  lastout::refcount saturated(lastout::count_max);
  saturated.get();
  lastout::refcount zero(1);
  (void)zero.put_to_zero();
  lastout::refcount idle(1);
  (void)idle.put_to_zero();
  (void)idle.settle(count_state::idle);
  lastout::refcount frozen(2);
  (void)frozen.freeze(2);
  lastout::refcount dead(1);
  (void)dead.put();
  lastout::refcount doomed(5);
  doomed.doom();
  lastout::refcount overtaken(
      1);  // a put that reached zero, and somebody got a reference meanwhile
  (void)overtaken.put_to_zero();
  (void)overtaken.get_not_zero();
  (void)overtaken.put_to_zero();
  (void)overtaken.leave();
  lastout::external_word external(7);
  lastout::locked_word locked(8);
  lastout::local_word local(9);
  lastout::hit_count hit(2);
  (void)hit.get_not_zero();
  (void)hit.get_not_zero();
  lastout::hit_count hits_taken_twice(1);
  hits_taken_twice.take_hits(1);
  lastout::hit_count none_left(1);
  (void)none_left.put();
  say("unborn", unborn);
  say("one", one);
  say("three", three);
  say("most", most);
  say("saturated", saturated);
  say("zero", zero);
  say("idle", idle);
  say("frozen", frozen);
  say("dead", dead);
  say("doomed", doomed);
  say("overtaken", overtaken);
  say("external", external);
  say("locked", locked);
  say("local", local);
  say("hit", hit);
  say("hits_taken_twice", hits_taken_twice);
  say("none_left", none_left);

  lastout::external<session> a = lastout::make<session>();
  lastout::external<session> b = a;
  const lastout::external<session> empty;
  lastout::external<slim> c = lastout::make<slim>();
  say_of_object("a", *a);
  say_of_object("b", *b);
  say_of_object("c", *c);

  lastout::external<stable> d = lastout::make<stable>();
  const lastout::internal<stable, lastout::slab<stable>> numbered(*d);
  say_of_object("d", *d);

  std::mutex list;
  const lastout::internal<session> weak(*a, list);

  lastout::external<inode> e = lastout::make<inode>();
  say_of_object("e", *e);
  lastout::external<inode> f = lastout::make<inode>();
  inode* const resting = f.address();
  f.put();
  say_of_object("*resting", *resting);
  lastout::killed<inode> doomed_inode;
  {
    lastout::external<inode> g = lastout::make<inode>();
    inode* const its = g.address();
    g.put();
    std::unique_lock held(inodes_lock);
    doomed_inode = its->kill_idle(held);
  }
  say_of_object("doomed_inode", *doomed_inode);

  lastout::external<lockless> h = lastout::make<lockless>();
  say_of_object("h", *h);

  page parent;
  buffer* const child = parent.add();
  buffer* const unused = parent.add();
  lastout::external<buffer> i = parent.get(*child);
  say_of_object("i", *i);
  say_of_object("*unused", *unused);

  lastout::active<volume> j = lastout::make_active<volume>();
  lastout::active<volume> k = j.share("journal");
  lastout::passive<volume> l = j.get_passive();
  lastout::active<volume> m = lastout::make_active<volume>();
  lastout::passive<volume> over = m.get_passive();
  m.put();
  lastout::active<volume> shut = lastout::make_active<volume>();
  shut->close();
  for (const auto& [name, of] :
       {std::pair{"j", j.address()}, std::pair{"l", l.address()}, std::pair{"over", over.address()},
        std::pair{"shut", shut.address()}})
    std::printf("said %s: %s %u active, %u passive\n", name,
                of->inactive() ? "inactive"
                : of->closed() ? "closed"
                               : "live",
                of->active_references(), of->passive_references() - (of->inactive() ? 0 : 1));

  everything_is_said();
  (void)h->references();
  (void)numbered.refers_to(*d);
  return empty || !weak ? 1 : 0;
}
