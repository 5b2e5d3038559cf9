// fork_test.cpp - a child says so and starts clean, and its parent does not notice.

#include <atomic>
#include <chrono>
#include <cstring>
#include <thread>
#include <vector>

#include <sys/socket.h>
#include <sys/un.h>

#include <lastout/external.hpp>
#include <lastout/kref.hpp>

#include "ledger/children.hpp"
#include "ledger/tracked.hpp"

namespace {

using lastout::external;
using lastout::make;
namespace ledger = lastout::ledger;

struct task : lastout::kref<task> {};

class forks : public ledger_test {
 protected:
  forks() : ledger_test("all,stacks=8,socket=off") {}
};

TEST_F(forks, a_child_says_so_and_knows_what_it_takes_itself) {
  auto a = make<task>();
  const auto parent = static_cast<std::uint64_t>(getpid());
  EXPECT_EQ("ok", in_a_child([&] {
              dump_lines::whole dump = dump_lines::now();
              if (!dump.wrong.empty()) return 1;
              if (dump.forked_from != parent) return 2;
              if (!dump.objects.empty()) return 3;
              const auto b = a;
              dump = dump_lines::now();
              const dump_lines::object* const it = dump.find(a.address());
              if (it == nullptr || it->whole || it->held.size() != 1) return 4;
              const auto own = make<task>();
              if (!held_by(own.address(), {in(own)})) return 5;
              a.put();
              if (dump_lines::now().pid != static_cast<std::uint64_t>(getpid())) return 6;
              return 0;
            }));
  EXPECT_TRUE(held_by(a.address(), {in(a)}));
  EXPECT_EQ(dump_lines::now().forked_from, 0u);
}

TEST_F(forks, a_child_begins_its_counts_anew) {
  {
    auto a = make<task>();
  }
  EXPECT_EQ("ok", in_a_child([] {
              const dump_lines::whole dump = dump_lines::now();
              const dump_lines::type* const it = dump.type_called("task");
              return it == nullptr || (it->born == 0 && it->gets == 0 && dump.dead.empty()) ? 0 : 1;
            }));
}

TEST_F(forks, a_child_of_a_child_does_too) {
  const auto a = make<task>();
  EXPECT_EQ("ok", in_a_child([&] {
              const auto b = a;
              const auto middle = static_cast<std::uint64_t>(getpid());
              return in_a_child([&] {
                       const dump_lines::whole dump = dump_lines::now();
                       return dump.forked_from == middle && dump.objects.empty() ? 0 : 1;
                     }) == "ok"
                         ? 0
                         : 1;
            }));
}

TEST_F(forks, a_child_dies_of_no_lock_that_another_thread_held) {
  std::atomic<bool> done = false;
  std::vector<std::thread> users;
  for (int i = 0; i < 3; ++i) {
    users.emplace_back([&done] {
      while (!done) {
        auto a = make<task>();
        std::vector<external<task>> more(3, a);
        a.put();
        // Threads too come and go: each is entered in the books.
        std::thread([b = std::move(more)] { auto c = b.front(); }).join();
      }
    });
  }
  for (int i = 0; i < times(150); ++i) {
    const std::string ended = in_a_child(
        [] {
          std::vector<external<task>> held;
          for (int n = 0; n < 20; ++n) {
            held.push_back(make<task>());
            held.push_back(external<task>(held.back()));
          }
          const dump_lines::whole dump = dump_lines::now();
          if (!dump.wrong.empty()) return 1;
          return dump.references == 40 ? 0 : 2;
        },
        20);
    ASSERT_EQ(ended, "ok") << "fork " << i;
  }
  done = true;
  for (std::thread& each : users) each.join();
}

// A dump asks the dynamic linker what is loaded, and who follows a stack asks it too: it has a lock.
TEST_F(forks, a_child_dies_of_no_lock_that_a_dump_held) {
  std::atomic<bool> done = false;
  std::vector<std::thread> dumpers;
  for (int i = 0; i < 2; ++i) {
    dumpers.emplace_back([&done] {
      while (!done) (void)ledger::dump();
    });
  }
  std::string ended = "ok";
  int i = 0;
  for (; i < times(100) && ended == "ok"; ++i) {
    ended = in_a_child(
        [] {
          const auto a = make<task>();
          const dump_lines::whole dump = dump_lines::now();
          return dump.wrong.empty() && dump.references == 1 ? 0 : 1;
        },
        10);
  }
  done = true;
  for (std::thread& each : dumpers) each.join();
  EXPECT_EQ(ended, "ok") << "fork " << i;
}

TEST_F(forks, a_child_of_a_program_with_chaos_can_settle_and_exit) {
  ASSERT_EQ(ledger::apply("all,stacks=0,socket=off,chaos=1"), "");
  for (int i = 0; i < 2000; ++i) (void)make<task>();  // some of them on another thread
  EXPECT_EQ("ok", in_a_child(
                      [] {
                        for (int i = 0; i < 2000; ++i) (void)make<task>();
                        ledger::settle();
                        return 0;
                      },
                      10));
  ASSERT_EQ(ledger::apply("all,stacks=0,socket=off"), "");
}

int connected_to(pid_t pid) {
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un at{};
  at.sun_family = AF_UNIX;
  const int n =
      std::snprintf(at.sun_path + 1, sizeof at.sun_path - 1, "lastout-ledger-%d", int(pid));
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + std::size_t(n));
  if (connect(fd, reinterpret_cast<const sockaddr*>(&at), size) == 0) return fd;
  close(fd);
  return -1;
}

std::string asked(pid_t pid, const std::string& line) {
  const int fd = connected_to(pid);
  if (fd < 0) return "nobody answers";
  timeval patience{10, 0};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  (void)!write(fd, (line + "\n").c_str(), line.size() + 1);
  std::string out;
  char more[4096];
  ssize_t n = 0;
  while ((n = read(fd, more, sizeof more)) > 0) out.append(more, static_cast<std::size_t>(n));
  close(fd);
  return n < 0 ? "no end: " + out : out;
}

TEST_F(forks, questions_are_answered_as_soon_as_they_are_allowed_again) {
  for (int i = 0; i < 20; ++i) {
    ASSERT_EQ(ledger::apply("all,stacks=0"), "");
    ASSERT_TRUE(asked(getpid(), "counters").starts_with("ok\n")) << "round " << i;
    ASSERT_EQ(ledger::apply("all,stacks=0,socket=off"), "");
    ASSERT_EQ(asked(getpid(), "counters"), "nobody answers") << "round " << i;
  }
}

TEST_F(forks, a_question_asked_while_the_process_forks_has_an_end) {
  ASSERT_EQ(ledger::apply("all,stacks=0"), "");
  std::vector<external<task>> many;
  for (int i = 0; i < rounds(30'000); ++i) many.push_back(make<task>());
  std::atomic<bool> done = false;
  std::string worst;
  std::thread asker([&] {
    while (!done) {
      const std::string answer = asked(getpid(), "dump");
      if (!dump_lines::parse(answer.substr(std::min<std::size_t>(3, answer.size()))).wrong.empty())
        worst = answer.substr(0, 40);
    }
  });
  std::vector<pid_t> children;
  for (int i = 0; i < 60; ++i) {
    const pid_t child = fork();
    if (child == 0) {
      pause();  // lives on, as a server's worker does
      _exit(0);
    }
    children.push_back(child);
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  done = true;
  asker.join();
  for (const pid_t each : children) {
    kill(each, SIGKILL);
    waitpid(each, nullptr, 0);
  }
  EXPECT_EQ(worst, "");
}

}  // namespace
