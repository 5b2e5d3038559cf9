// sizes.cpp - what handles and objects cost in memory, in each setting.
//
// Of objects: nothing, ever. Of handles: a pointer, where the ledger may know the type.

#include <cstdint>
#include <mutex>
#include <tuple>

#include <lastout/cache.hpp>
#include <lastout/dual.hpp>
#include <lastout/existence_ref.hpp>
#include <lastout/holder_tag.hpp>
#include <lastout/in_ledger.hpp>
#include <lastout/kcref.hpp>
#include <lastout/kref.hpp>
#include <lastout/ledger.hpp>
#include <lastout/local_word.hpp>
#include <lastout/lock_watch.hpp>
#include <lastout/plain.hpp>
#include <lastout/registry.hpp>

#ifndef EXPECTED
#define EXPECTED LASTOUT_LEDGER
#endif

struct named;
LASTOUT_IN_LEDGER(named);
struct named : lastout::kref<named> {
  int value = 0;
};
struct unnamed : lastout::kref<unnamed> {
  int value = 0;
};
struct super : lastout::dual<super, lastout::unnamed_holders> {};
struct entry : lastout::kcref<entry, std::mutex> {
  std::tuple<std::mutex&> locks() noexcept { return guard; }
  lastout::fate idle(const idle_proof&) noexcept { return lastout::fate::kill; }
  void unlink(const idle_proof&) noexcept {}
  entry(std::mutex& by) : guard(by) {}
  std::mutex& guard;
};
struct page;
struct buffer : lastout::plain<buffer, page> {};
struct page : lastout::plain_parent<page, buffer> {};
struct picture : lastout::cached<picture> {
  int id = 0;
};

constexpr std::size_t word = sizeof(void*);
constexpr std::size_t if_named = EXPECTED != 0 ? 2 * word : word;
constexpr std::size_t if_all = EXPECTED == 1 ? 2 * word : word;

static_assert(sizeof(lastout::external<named>) == if_named);
static_assert(sizeof(lastout::external<const named>) == if_named);
static_assert(sizeof(lastout::existence_ref<named>) == if_named);
static_assert(sizeof(lastout::external<unnamed>) == if_all);
static_assert(sizeof(lastout::external<entry>) == if_all);
static_assert(sizeof(lastout::external<buffer>) == if_all);
static_assert(sizeof(lastout::external<picture>) == if_all);
static_assert(sizeof(lastout::existence_ref<unnamed>) == if_all);
static_assert(sizeof(lastout::active<super>) == if_all);
static_assert(sizeof(lastout::passive<super>) == if_all);
static_assert(sizeof(lastout::killed<entry>) == word);

static_assert(sizeof(named) == 8 && sizeof(unnamed) == 8);
static_assert(sizeof(super) == 8);
static_assert(sizeof(entry) == 2 * word);
static_assert(sizeof(buffer) == 3 * word);
static_assert(sizeof(picture) == 40);
static_assert(sizeof(lastout::watched<std::mutex>) == sizeof(std::mutex));

// Everything is used once, so that it is compiled and not only looked at.
int use(lastout::external<named> a, lastout::external<unnamed> b) {
  const lastout::holder_tag tag("use");
  const lastout::no_blocking quick("use");
  auto c = a;
  c = lastout::make<named>();
  b.put();
  a.note_holder("use");
  a.note_owner(*c);
  lastout::watched<std::mutex> lock;
  const std::lock_guard guard(lock);
  lastout::existence_ref<named> alive(std::move(c));
  const auto last = alive.end();
  auto d = lastout::make_active<super>();
  const auto e = d.share();
  const auto f = e.get_passive();
  page of;
  buffer* const child = of.add();
  const bool got = static_cast<bool>(of.get(*child));
  return last->value + (got ? 1 : 0);
}
