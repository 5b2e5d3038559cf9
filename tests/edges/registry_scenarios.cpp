// registry_scenarios.cpp - the real registry: a name that is taken out, put in, made again, and let go
// of by its last user, while others look for it.
//
// Its table is one segment of four slots. Objects are not freed: they stay where they are, as on a
// slab, so that a look-up that is late meets a word. What their release writes is a plain field: who
// still used one would race for it.

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <vector>

#include <lastout/kref.hpp>
#include <lastout/registry.hpp>

#include "edges/scenario.hpp"

namespace {

using interleave::check;
using interleave::plain;
using lastout::external;
using scenario::added;
using scenario::world;

using number = std::uint64_t;
struct member;
number name_of(const member& each) noexcept;
struct few {
  static constexpr std::uint32_t slots = 4;
  static constexpr std::uint32_t segments_max = 1;
  static constexpr std::uint32_t grow_at = 3;
  static constexpr std::uint32_t shrink_at = 1;
};
using registry =
    lastout::registry<number, member, &name_of, std::hash<number>, std::equal_to<>, few>;

struct member : lastout::kref<member> {
  using memory_type = struct stays;
  explicit member(registry& r) : in(r) {}
  void release() noexcept {
    in.leave(*this);
    alive = false;
    ++released;
  }
  registry& in;
  plain<number> name{1};
  plain<bool> alive{false};
  int made = 0;
  int released = 0;
};
number name_of(const member& each) noexcept { return each.name.read(); }

external<member> born(member& made) {
  made.made = 1;
  made.alive = true;
  lastout::reference_access::birth(made);
  return external<member>::adopt(&made);
}
void use(const member& got) {
  check(got.name.read() == 1, "what is found has the name");
  check(got.alive.read(), "what is found is alive");
}

/// Two objects of one name, and who has them.
struct both {
  registry all;
  member a{all}, b{all};
  external<member> first, erased, second;
  bool erases = false;

  void find() {
    if (const external<member> got = all.find(1)) use(*got);
  }
  void put() { first.put(); }
  void insert() {
    second = all.insert(born(b));
    check(bool(second), "there is room");
    use(*second);
  }
  void erase() {
    erases = true;
    erased = all.erase(1);
    if (erased) use(*erased);
  }
  void erase_and_put() {
    if (const external<member> got = all.erase(1)) use(*got);
  }
  void create() {
    second = all.get_or_create(1, [this] { return born(b); });
    check(bool(second), "it is found or made");
    use(*second);
  }

  // While nobody else does anything.
  void start() { first = all.insert(born(a)); }
  void end() {
    const external<member>& newest = second ? second : first;
    check(!erases || !first || erased == first, "who is in all the time is erased");
    check(all.find(1) == (newest == erased ? nullptr : newest), "who is in is found, and no other");
    for (external<member>* each : {&first, &erased, &second}) each->put();
    for (const member* each : {&a, &b}) check(each->released == each->made, "released once");
    check(all.size() == 0, "and has left");
  }
};

/// Runs the parts against each other, each in a thread of its own; the first object is in before, or
/// nobody is.
enum class before { one_is_in, empty };
std::function<void(world&)> play(before how, std::initializer_list<void (both::*)()> parts) {
  return [how, all = std::vector(parts)](world& w) {
    const auto s = std::make_shared<both>();
    if (how == before::one_is_in) s->start();
    for (const auto each : all) w.thread([s, each] { ((*s).*each)(); });
    w.finally([s] { s->end(); });
  };
}

const added erase_find("registry", "registry: find against erase of its name",
                       play(before::one_is_in, {&both::erase, &both::find}));
const added erase_insert("registry", "registry: insert against erase of its name",
                         play(before::empty, {&both::erase, &both::insert}));
const added erase_other("registry", "registry: insert against erase of who has its name",
                        play(before::one_is_in, {&both::erase, &both::insert}));
// Who is found is not released, and who is being released is not found.
const added put_find("registry", "registry: find against the last put",
                     play(before::one_is_in, {&both::put, &both::find}));
const added put_erase("registry", "registry: erase against the last put",
                      play(before::one_is_in, {&both::put, &both::erase_and_put}));
// Who has let go of its name does not take it from the next one.
const added put_insert("registry", "registry: insert against the last put of who has its name",
                       play(before::one_is_in, {&both::put, &both::insert}));
const added put_create("registry", "registry: get_or_create against the last put",
                       play(before::one_is_in, {&both::put, &both::create}));
// Three of them.
const added find_insert_erase("registry", "registry: find, insert, erase of one name",
                              play(before::empty, {&both::erase, &both::insert, &both::find}));
const added find_erase_put("registry", "registry: find, erase, the last put",
                           play(before::one_is_in, {&both::put, &both::erase, &both::find}));

}  // namespace
