// service_test.cpp - who asks from outside, when the program is short of everything or the client is
// none of the patient ones.

#include <chrono>
#include <cstdio>
#include <ctime>
#include <string>
#include <thread>

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <lastout/ledger.hpp>

#include "ledger/tracked.hpp"

namespace {

namespace ledger = lastout::ledger;

class service : public ledger_test {
 protected:
  service() : ledger_test("all,stacks=0") {}
};

// A socket that asks this process, or is about to.
class client {
 public:
  client() : fd_(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {}
  client(const client&) = delete;
  client& operator=(const client&) = delete;
  ~client() { close(fd_); }

  bool call() const {
    sockaddr_un at{};
    at.sun_family = AF_UNIX;
    const int n =
        std::snprintf(at.sun_path + 1, sizeof at.sun_path - 1, "lastout-ledger-%d", int(getpid()));
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + std::size_t(n));
    return connect(fd_, reinterpret_cast<const sockaddr*>(&at), size) == 0;
  }
  bool say(const std::string& text) const {
    return send(fd_, text.data(), text.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(text.size());
  }
  std::string hear() const {
    const timeval patience{30, 0};
    setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    std::string out;
    char more[4096];
    ssize_t n = 0;
    while ((n = recv(fd_, more, sizeof more, 0)) > 0) out.append(more, static_cast<std::size_t>(n));
    return n < 0 ? "no end: " + out : out;
  }

 private:
  int fd_;
};

// Nothing more can be opened, while one exists.
class no_descriptors {
 public:
  no_descriptors() {
    getrlimit(RLIMIT_NOFILE, &before_);
    const rlimit none{3, before_.rlim_max};
    setrlimit(RLIMIT_NOFILE, &none);
  }
  no_descriptors(const no_descriptors&) = delete;
  no_descriptors& operator=(const no_descriptors&) = delete;
  ~no_descriptors() { setrlimit(RLIMIT_NOFILE, &before_); }

 private:
  rlimit before_{};
};

std::chrono::duration<double> processor_time() {
  timespec now;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
}

TEST_F(service, a_program_that_has_no_descriptor_left_is_not_kept_busy_by_a_client) {
  {  // until this is answered the one who answers may not have begun, and then has none set aside
    const client warms_up;
    ASSERT_TRUE(warms_up.call());
    ASSERT_TRUE(warms_up.say("counters\n"));
    ASSERT_TRUE(warms_up.hear().starts_with("ok\n"));
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  const client first;  // for which a descriptor is set aside already
  const client next;
  {
    const no_descriptors here;
    ASSERT_TRUE(first.call());
    ASSERT_TRUE(first.say("counters\n"));
    EXPECT_TRUE(first.hear().starts_with("ok\n"));
    ASSERT_TRUE(next.call());
    const auto before = processor_time();
    std::this_thread::sleep_for(std::chrono::milliseconds(1000));
    EXPECT_LT((processor_time() - before).count(), 0.2);
  }
  ASSERT_TRUE(next.say("counters\n"));
  EXPECT_TRUE(next.hear().starts_with("ok\n"));
}

TEST_F(service, standard_output_that_is_closed_is_not_taken_for_the_socket) {
  ASSERT_EQ(ledger::apply("off,socket=off"), "");
  const client silent;
  std::fflush(stdout);
  const int kept = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
  close(STDOUT_FILENO);
  const std::string wrong = ledger::apply("all,stacks=0");
  const bool listens_there = fcntl(STDOUT_FILENO, F_GETFD) != -1;
  const bool called = silent.call();
  bool answers_there = false;
  for (int looks = 0; looks < 30 && !answers_there; ++looks) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
    answers_there = fcntl(STDOUT_FILENO, F_GETFD) != -1;
  }
  dup2(kept, STDOUT_FILENO);
  close(kept);
  EXPECT_EQ(wrong, "");
  EXPECT_TRUE(called);
  EXPECT_FALSE(listens_there);
  EXPECT_FALSE(answers_there);
  ASSERT_TRUE(silent.say("counters\n"));
  EXPECT_TRUE(silent.hear().starts_with("ok\n"));
}

TEST_F(service, a_client_that_leaves_in_the_middle_of_its_answer_ends_nothing) {
  for (int i = 0; i < 20; ++i) {
    const client leaves;
    ASSERT_TRUE(leaves.call());
    ASSERT_TRUE(leaves.say(i % 2 == 0 ? "dump\n" : "coun"));
  }
  const client stays;
  ASSERT_TRUE(stays.call());
  ASSERT_TRUE(stays.say("counters\n"));
  EXPECT_TRUE(stays.hear().starts_with("ok\n"));
}

}  // namespace
