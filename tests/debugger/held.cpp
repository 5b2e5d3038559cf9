// held.cpp - a program with objects whose holders are known here, for a debugger to find.
//
// It calls everything_is_held() when all is in place. With the argument "wait" it then says "ready"
// and waits until it is killed; with "late" the ledger looks when some references have been taken.

#include <pthread.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <functional>
#include <mutex>
#include <string_view>
#include <thread>
#include <tuple>

#include <lastout/cache.hpp>
#include <lastout/dual.hpp>
#include <lastout/existence_ref.hpp>
#include <lastout/holder_tag.hpp>
#include <lastout/kcref.hpp>
#include <lastout/kref.hpp>
#include <lastout/ledger.hpp>
#include <lastout/plain.hpp>

namespace app {

struct session : lastout::kref<session> {
  explicit session(int number) : id(number) {}
  int id;
};

struct texture : lastout::cached<texture> {
  explicit texture(int of) : name(of) {}
  const int name;
};

struct volume : lastout::dual<volume> {};

struct page;
struct buffer : lastout::plain<buffer, page> {};
struct page : lastout::plain_parent<page, buffer> {};

static std::mutex inodes_lock;
struct inode : lastout::kcref<inode, std::mutex> {
  static std::tuple<std::mutex&> locks() noexcept { return {inodes_lock}; }
  static lastout::fate idle(const idle_proof&) noexcept { return lastout::fate::keep; }
  static void unlink(const idle_proof&) noexcept {}
};

namespace {
struct ring : lastout::kref<ring> {
  int number = 0;
  lastout::external<ring> next;
};
}  // namespace

// A core file has all of the address space that a table asks for.
struct small_shape : lastout::table_shape {
  static constexpr std::uint32_t segments_max = 64;
};

[[gnu::noinline]] static lastout::external<session> read_ahead(lastout::external<session>& from) {
  const lastout::holder_tag here("readahead");
  return from;  // the leaked one
}

[[gnu::always_inline]] static inline lastout::external<session> taken_inline(
    lastout::external<session>& from) {
  return from;  // taken by an inlined function
}

}  // namespace app

static lastout::existence_ref<app::session> founder;
static lastout::external<app::session> in_a_global;

extern "C" [[gnu::noinline]] void everything_is_held() { __asm__ volatile(""); }

namespace {

// References that a thread of another name has.
void work(lastout::external<app::session>& from, std::atomic<bool>& taken) {
  pthread_setname_np(pthread_self(), "worker-3");
  const lastout::external<app::session> mine = from;  // the worker's
  taken = true;
  for (;;) pause();
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view how = argc > 1 ? argv[1] : "";
  prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY);

  lastout::external<app::session> open = lastout::make<app::session>(1);
  new lastout::external<app::session>(app::read_ahead(open));
  lastout::external<app::session> inlined = app::taken_inline(open);  // calls the inlined one
  if (how == "late") lastout::ledger::apply("all");
  const lastout::external<app::session> nothing;
  in_a_global = lastout::make<app::session>(2);
  founder = lastout::existence_ref<app::session>(lastout::make<app::session>(3));
  app::session* const lent = lastout::make<app::session>(4).leak();

  std::atomic<bool> taken = false;
  std::thread(work, std::ref(open), std::ref(taken)).detach();
  while (!taken) std::this_thread::yield();

  lastout::external<app::ring> first = lastout::make<app::ring>();
  first->next = lastout::make<app::ring>();
  first->next->number = 1;
  first->next->next = first;
  app::ring* const circle = first.address();
  first.put();

  lastout::cache<int, app::texture, &app::texture::name, lastout::key_hash<int>, std::equal_to<>,
                 app::small_shape>
      textures({.idle_charge_max = 1 << 20});
  for (int i = 0; i < 3; ++i)
    (void)textures.get_or_create(i, [i] { return lastout::make<app::texture>(i); });
  lastout::external<app::texture> shown = textures.get(1);

  lastout::active<app::volume> mounted = lastout::make_active<app::volume>();
  lastout::active<app::volume> writing = mounted.share("journal");
  lastout::passive<app::volume> listed = writing.get_passive();

  app::page page;
  lastout::external<app::buffer> buffer = page.get(*page.add());

  lastout::external<app::inode> opened = lastout::make<app::inode>();
  app::inode* const kept = opened.address();
  opened.put();

  everything_is_held();
  if (how == "wait") {
    std::puts("ready");
    std::fflush(stdout);
    for (;;) pause();
  }
  // Used here, so that no compiler takes them away.
  return circle->number + lent->id + static_cast<int>(kept->references()) == -1 || nothing ? 1 : 0;
}
