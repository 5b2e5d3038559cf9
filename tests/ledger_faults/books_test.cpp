// books_test.cpp - the ledger without memory: what it cannot note it counts as missed, what it cannot
// answer it says so, and the program it looks at does not notice.

#include <cstdint>
#include <cstdio>
#include <memory>
#include <mutex>
#include <new>
#include <string>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <dirent.h>
#include <unistd.h>

#include <lastout/dual.hpp>
#include <lastout/existence_ref.hpp>
#include <lastout/external.hpp>
#include <lastout/holder_tag.hpp>
#include <lastout/internal.hpp>
#include <lastout/kref.hpp>
#include <lastout/lock_watch.hpp>

#include "faults/failing_memory.hpp"
#include "ledger/children.hpp"
#include "ledger/tracked.hpp"
#include "ledger_faults/in_children.hpp"

namespace {

using faults::armed;
using faults::fault;
using faults::how_long;
using lastout::external;
using lastout::make;
namespace ledger = lastout::ledger;

struct tracked : lastout::kref<tracked> {
  int number = 0;
};

class books_without_memory : public ledger_test {
 protected:
  books_without_memory() : ledger_test("all,stacks=4,socket=off") {}
};

// Each in a new process, by the test that follows: in_children.hpp says why.
class DISABLED_first_books : public books_without_memory {};

TEST_F(books_without_memory, each_of_the_first_books_passes_in_a_new_process) {
  each_passes_in_a_new_process("DISABLED_first_books");
}

template <int N>
struct newcomer : lastout::kref<newcomer<N>> {};

TEST_F(DISABLED_first_books, what_cannot_be_noted_is_missed_and_everything_goes_on) {
  in_children_each_allocation_fails("gets and puts", [](std::size_t nth, how_long length) {
    if (!ledger::apply("all,stacks=4,history=8,quarantine=100K,socket=off").empty()) return 10;
    (void)make<tracked>();  // this thread's first stack: docs/limits.md
    std::size_t refused = 0;
    std::vector<std::unique_ptr<newcomer<1>>> raw;  // so that the objects' memory is not hit
    std::vector<external<newcomer<1>>> all;
    std::vector<external<newcomer<1>>> more;
    all.reserve(60);
    more.reserve(60);
    for (int i = 0; i < 60; ++i) raw.push_back(std::make_unique<newcomer<1>>());
    {
      const armed here(nth, length);
      for (auto& each : raw) {
        newcomer<1>* const born = each.release();
        lastout::reference_access::birth(*born);
        all.push_back(external<newcomer<1>>::adopt(born));
        more.push_back(all.back());
        if (!all.back() || !more.back()) return 11;
      }
      for (auto& each : more) each.put();
      for (auto& each : all) {
        if (each->references() != 1) return 12;
        newcomer<1>* const away = each.leak();
        each = external<newcomer<1>>::adopt(away);
        if (!each) return 13;
      }
      refused = here.refused();
    }
    const dump_lines::whole dump = dump_lines::now();
    if (!dump.wrong.empty()) return 14;
    std::size_t known = 0;
    for (const auto& each : all) {
      const dump_lines::object* const it = dump.find(each.address());
      if (it != nullptr && it->held.size() > 1) return 15;
      known += it == nullptr ? 0 : it->held.size();
    }
    if (known < all.size() && dump.missed == 0) return 16;
    all.clear();
    if (!dump_lines::now().objects.empty()) return 17;
    const auto later = make<newcomer<1>>();
    if (!held_by(later.address(), {in(later)}) && refused == 0) return 18;
    return refused == 0 ? 0 : 1;
  });
}

TEST_F(DISABLED_first_books, a_birth_is_on_the_books_or_missed) {
  in_children_each_allocation_fails("a birth", [](std::size_t nth, how_long length) {
    if (!ledger::apply("all,stacks=0,socket=off").empty()) return 10;
    auto raw = std::make_unique<newcomer<2>>();
    std::size_t refused = 0;
    {
      const armed here(nth, length);
      lastout::reference_access::birth(*raw);
      refused = here.refused();
    }
    const dump_lines::whole dump = dump_lines::now();
    if (!dump.wrong.empty() || dump.objects.size() + dump.missed != 1) return 11;
    if (refused == 0 && dump.missed != 0) return 12;
    external<newcomer<2>>::adopt(raw.release()).put();
    return dump_lines::now().objects.empty() ? refused == 0 ? 0 : 1 : 13;
  });
}

// Two lists of holders: the object's own, and the ledger's.
struct unit : lastout::dual<unit, lastout::named_holders> {
  void deactivate() noexcept { ++over; }
  ~unit() { ++gone; }
  static inline int over = 0, gone = 0;
};
struct uses_of_unit {
  lastout::active<unit> taken;
  lastout::passive<unit> stays;
  lastout::active<unit> shared, got, found;
};

TEST_F(DISABLED_first_books, who_holds_a_dual_is_missed_and_unnamed_and_holds_it) {
  in_children_each_allocation_fails("a dual", [](std::size_t nth, how_long length) {
    if (!ledger::apply("all,stacks=4,history=8,socket=off").empty()) return 10;
    (void)make<tracked>();  // this thread's first stack: docs/limits.md
    constexpr int units = 30;
    unit::over = unit::gone = 0;
    std::size_t refused = 0;
    std::mutex list;
    std::vector<unit*> raw;
    std::vector<uses_of_unit> all;
    all.reserve(units);
    for (int i = 0; i < units; ++i) raw.push_back(new unit);
    {
      const armed here(nth, length);
      for (unit* const born : raw) {
        lastout::reference_access::birth(*born);
        uses_of_unit& it = all.emplace_back();
        it.taken = lastout::reference_access::hand_out<lastout::active<unit>>(*born, "maker");
        it.stays = it.taken.get_passive();
        it.shared = it.taken.share("who shares");
        it.got = it.stays.get_active("who has a passive one");
        const lastout::internal<unit> known(*born, list);
        std::unique_lock held(list);
        it.found = known.get_not_zero(held);
        if (!it.taken || !it.stays || !it.shared || !it.got || !it.found) return 11;
      }
      refused = here.refused();
    }
    std::size_t named = 0;
    for (const uses_of_unit& each : all) {
      each.stays->for_each_holder([&](const lastout::holder&) { ++named; });
      if (each.stays->active_references() != 4 || each.stays->passive_references() != 2) return 12;
    }
    const dump_lines::whole dump = dump_lines::now();
    if (!dump.wrong.empty()) return 13;
    std::size_t known = 0;
    for (const unit* const each : raw) {
      const dump_lines::object* const it = dump.find(each);
      if (it != nullptr && it->held.size() > 5) return 14;
      known += it == nullptr ? 0 : it->held.size();
    }
    if (known < 5 * units && dump.missed == 0) return 15;
    if (refused == 0 && (known != 5 * units || named != 4 * units)) return 16;
    {
      const armed here(1, how_long::for_good);  // a put asks for nothing
      for (uses_of_unit& each : all) {
        for (auto* const active : {&each.taken, &each.shared, &each.got, &each.found})
          active->put();
      }
      if (unit::over != units || unit::gone != 0) return 17;
      for (uses_of_unit& each : all) each.stays.put();
      if (unit::gone != units) return 18;
    }
    if (!dump_lines::now().objects.empty()) return 19;
    const auto later = lastout::make_active<unit>();
    const auto again = later.share();
    const dump_lines::whole then = dump_lines::now();
    const dump_lines::object* const it = then.find(later.address());
    if (it == nullptr || it->held.size() != 2) return 20;
    return refused == 0 ? 0 : 1;
  });
}

TEST_F(DISABLED_first_books, an_object_is_watched_or_goes_on_as_before) {
  in_children_each_allocation_fails("watch", [](std::size_t nth, how_long length) {
    if (!ledger::apply("all,stacks=0,history=4,socket=off").empty()) return 10;
    const auto it = make<tracked>();
    const auto noted = [&it] {
      const dump_lines::whole dump = dump_lines::now();
      const dump_lines::object* const of = dump.find(it.address());
      return of == nullptr ? 0 : of->history.size();
    };
    const auto get_and_put = [&it] { (void)external<tracked>(it); };
    for (int i = 0; i < 5; ++i) get_and_put();
    if (noted() != 4) return 11;
    bool watched = false;
    std::size_t refused = 0;
    {
      const armed here(nth, length);
      watched = ledger::watch(it.address(), 5'000);
      refused = here.refused();
    }
    if (watched != (refused == 0)) return 12;
    if (noted() != 4) return 13;
    for (int i = 0; i < 5; ++i) get_and_put();
    if (noted() != (watched ? 14u : 4u)) return 14;
    if (!held_by(it.address(), {in(it)})) return 15;
    if (!ledger::watch(it.address(), 5'000) || ledger::watch(&refused)) return 16;
    get_and_put();
    if (noted() != (watched ? 16u : 6u)) return 17;
    return refused == 0 ? 0 : 1;
  });
}

TEST_F(DISABLED_first_books, what_is_noted_of_holders_and_locks_is_missed_and_nobody_is_accused) {
  in_children_each_allocation_fails("notes", [](std::size_t nth, how_long length) {
    if (!ledger::apply("all,stacks=4,checks,socket=off").empty()) return 10;
    violations_seen told;
    (void)make<tracked>();  // this thread's first stack: docs/limits.md
    std::vector<newcomer<2>*> raw;
    std::vector<external<newcomer<2>>> all;
    all.reserve(60);
    for (int i = 0; i < 60; ++i) raw.push_back(new newcomer<2>);
    std::size_t refused = 0;
    {
      const armed here(nth, length);
      lastout::watched<std::mutex> lock;
      lastout::release_takes<newcomer<2>>(lock);
      const lastout::holder_tag tag("somebody");
      for (newcomer<2>* const born : raw) {
        lastout::reference_access::birth(*born);
        all.push_back(lastout::reference_access::hand_out<external<newcomer<2>>>(*born));
        external<newcomer<2>> again = all.back();
        {
          const std::lock_guard held(lock);
          again.note_holder("somebody else");
          again.note_owner(*all.front());
        }
        lastout::existence_ref<newcomer<2>> exists(std::move(again));
        const lastout::no_blocking from_here("a test");
        exists.end().put();
      }
      refused = here.refused();
    }
    const dump_lines::whole dump = dump_lines::now();
    if (!dump.wrong.empty()) return 11;
    for (const auto& each : all) {
      const dump_lines::object* const it = dump.find(each.address());
      if (it != nullptr && it->held.size() > 1) return 12;
      if (each->references() != 1 || (it == nullptr && refused == 0)) return 12;
    }
    all.clear();
    if (!told.take().empty()) return 13;
    return refused == 0 ? 0 : 1;
  });
}

// Memory is used again at once, so a new object stands where one has died, of which there is a note.
struct reborn : lastout::kref<reborn> {
  static void* operator new(std::size_t, const std::nothrow_t&) noexcept { return place; }
  static void operator delete(void*) noexcept {}
  static void operator delete(void*, const std::nothrow_t&) noexcept {}
  alignas(16) static inline unsigned char place[64];
};

TEST_F(books_without_memory, who_is_born_unnoticed_is_not_taken_for_the_dead_one_in_its_place) {
  // So many that the ledger must ask for more memory, while somebody is born where one has died.
  EXPECT_EQ(in_a_child(
                [] {
                  if (!ledger::apply("all,stacks=0,socket=off").empty()) return 2;
                  violations_seen told;
                  make<reborn>().put();  // a note of its death
                  std::vector<external<tracked>> fillers;
                  fillers.reserve(200'000);
                  // As many as fill a chunk of the ledger's for each of its shards, and more.
                  for (int i = 0; i < 200'000; ++i) {
                    fillers.push_back(make<tracked>());
                    external<reborn> it;
                    {
                      const armed here(1, how_long::for_good);
                      it = make<reborn>();
                    }
                    if (!it) return 3;
                    reborn* const away = it.leak();
                    it = external<reborn>::adopt(away);
                    if (!it) return 4;  // taken for the dead one
                    it.put();
                  }
                  return dump_lines::now().missed != 0 ? 0 : 5;  // or it was not put to the test
                },
                60),
            "ok");
}

// Without the fixture: what violations are told by is the ledger's own.
TEST(violations_without_memory, are_told_in_fewer_words) {
  // Later ones may fail in libdw, which ends the program (docs/limits.md).
  for (std::size_t nth = 1; nth < 9; ++nth) {
    EXPECT_EQ(in_a_child([nth] {
                if (!ledger::apply("all,stacks=0,socket=off").empty()) return 2;
                external<tracked> it = make<tracked>();
                tracked* const raw = it.address();
                it.put();
                const armed here(nth, how_long::for_good);
                const external<tracked> late = external<tracked>::adopt(raw);  // told: released
                return late ? 3 : 0;
              }),
              "ok")
        << nth;
  }
}

// What the program asks for comes, or std::bad_alloc does, and nothing has changed.

template <class Ask>
void each_failure_of(const char* what, Ask ask) {
  SCOPED_TRACE(what);
  const std::size_t n = faults::each_allocation_fails([&](fault& now) {
    std::string out;
    const bool done = now.run([&] { out = ask(); });
    EXPECT_TRUE(done || out.empty());
    EXPECT_TRUE(done || now.happened());
    out = {};
    EXPECT_NE(ask(), "") << "the next one is answered";
  });
  EXPECT_GE(n, 1u);
}

TEST_F(books_without_memory, answers_come_whole_or_not_at_all) {
  auto it = make<tracked>();
  const std::vector<external<tracked>> more(20, it);
  each_failure_of("dump", [] { return ledger::dump(); });
  each_failure_of("report", [] { return ledger::report(); });
  each_failure_of("about", [&] { return ledger::about(it.address()); });
  each_failure_of("open_metrics", [] { return ledger::open_metrics(); });
  each_failure_of("settings", [] { return ledger::settings(); });
  EXPECT_EQ(dump_lines::now().references, 21u);
}

TEST_F(books_without_memory, a_violation_is_explained_whole_or_not_at_all) {
  static std::string told;
  told.clear();
  const lastout::violation_handler before =
      lastout::on_violation([](const lastout::violation_report& report) noexcept {
        told += std::string(lastout::name(report.what)) + ' ';
        each_failure_of(lastout::name(report.what), [&] { return ledger::explain(report); });
      });
  auto it = make<tracked>();
  it.note_holder("the innocent");
  lastout::report(lastout::violation::get_at_zero, {"tracked", it.address()}, "none");  // it lives
  tracked* const raw = it.address();
  external<tracked>::adopt(raw).put();  // takes another's
  it.put();                             // whose it was
  EXPECT_FALSE(external<tracked>::adopt(raw)) << "it has been released";
  lastout::on_violation(before);
  EXPECT_EQ(told, "get_at_zero put_of_anothers put_of_anothers adopt_once_dead ");
}

TEST_F(books_without_memory, a_choice_is_made_whole_or_not_at_all) {
  const std::string first = "types=ledger_faults_first_type_of_a_long_name,stacks=3,socket=off";
  const std::string second =
      "types=ledger_faults_another_type_of_a_long_name+and_one_more_whose_name_is_long,share=1/7,"
      "stacks=5,exit=/a/path/that/is/too/long/for/a/short/string,socket=off";
  ASSERT_EQ(ledger::apply(first), "");
  const std::string as_first = ledger::settings();
  ASSERT_EQ(ledger::apply(second), "");
  const std::string as_second = ledger::settings();
  const std::size_t n = faults::each_allocation_fails([&](fault& now) {
    ASSERT_EQ(ledger::apply(first), "");
    std::string wrong;
    const bool done = now.run([&] { wrong = ledger::apply(second); });
    const bool changed = done && wrong.empty();
    EXPECT_EQ(ledger::settings(), changed ? as_second : as_first);
    if (!now.happened()) {
      EXPECT_TRUE(changed);
    }
    ASSERT_EQ(ledger::apply(first), "");
  });
  EXPECT_GE(n, 3u);
  ASSERT_EQ(ledger::apply("all,stacks=4,socket=off"), "");
}

// The thread that answers from outside.

std::string asked(const std::string& line) {
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un at{};
  at.sun_family = AF_UNIX;
  const int n = std::snprintf(at.sun_path + 1, sizeof at.sun_path - 1, "lastout-ledger-%d",
                              static_cast<int>(getpid()));
  const auto size =
      static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + static_cast<std::size_t>(n));
  std::string out;
  if (connect(fd, reinterpret_cast<const sockaddr*>(&at), size) == 0) {
    (void)!write(fd, line.data(), line.size());
    char more[4096];
    ssize_t got = 0;
    while ((got = read(fd, more, sizeof more)) > 0) out.append(more, static_cast<std::size_t>(got));
  }
  close(fd);
  return out;
}

TEST_F(books_without_memory, who_asks_from_outside_is_told_that_there_is_none) {
  ASSERT_EQ(ledger::apply("all,stacks=4"), "");
  auto it = make<tracked>();
  ASSERT_TRUE(asked("dump\n").starts_with("ok\n"));
  int failures = 0;
  for (const char* const line :
       {"dump\n", "counters\n", "metrics\n", "set all,stacks=4,exit=/some/long/path/of/a/file\n"}) {
    bool failed = true;
    for (std::size_t nth = 1; failed && nth < 200; ++nth) {
      std::string answer;
      {
        const faults::armed_others here(nth, how_long::for_good);
        answer = asked(line);
        failed = here.refused() != 0;
      }
      EXPECT_TRUE(answer.starts_with("ok\n") || answer.starts_with("error: ")) << answer;
      EXPECT_EQ(answer.starts_with("error: "), failed) << line << nth;
      failures += failed ? 1 : 0;
      ASSERT_TRUE(asked("counters\n").starts_with("ok\n")) << "it answers no more";
    }
  }
  EXPECT_GT(failures, 10);
  ASSERT_EQ(ledger::apply("all,stacks=4,socket=off"), "");
}

}  // namespace
