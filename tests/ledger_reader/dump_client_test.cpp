// dump_client_test.cpp - a process that answers is heard; of one that does not it is said why.

#include <gtest/gtest.h>

#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstddef>
#include <cstring>
#include <functional>
#include <string>
#include <thread>
#include <utility>

#include <ledger/dump_client.hpp>
#include <ledger/dump_reader.hpp>

#include "dump_text.hpp"

namespace {

using namespace lastout::ledger_reader;
using ledger_reader_test::dump_text;

// This process, as one that has a ledger: one client, in a thread of its own.
class answering {
 public:
  explicit answering(std::string answer, pid_t as = getpid()) : answer_(std::move(answer)) {
    listener_ = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_un at{};
    at.sun_family = AF_UNIX;
    const std::string name = "lastout-ledger-" + std::to_string(as);
    std::memcpy(at.sun_path + 1, name.data(), name.size());
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
    listens_ = bind(listener_, reinterpret_cast<const sockaddr*>(&at), size) == 0 &&
               listen(listener_, 4) == 0;
    if (answer_ != silent) thread_ = std::thread([this] { answer_one(); });
  }
  answering(const answering&) = delete;
  answering& operator=(const answering&) = delete;
  ~answering() {
    if (thread_.joinable()) thread_.join();
    close(listener_);
  }

  static constexpr const char* silent = "<silent>";

  [[nodiscard]] bool listens() const { return listens_; }
  [[nodiscard]] const std::string& asked() const { return asked_; }

 private:
  void answer_one() {
    const int client = accept(listener_, nullptr, nullptr);
    char each = 0;
    while (recv(client, &each, 1, 0) == 1 && each != '\n') asked_ += each;
    std::size_t sent = 0;
    while (sent < answer_.size()) {
      const ssize_t n = send(client, answer_.data() + sent, answer_.size() - sent, MSG_NOSIGNAL);
      if (n <= 0) break;
      sent += static_cast<std::size_t>(n);
    }
    close(client);
  }

  int listener_ = -1;
  bool listens_ = false;
  std::string answer_, asked_;
  std::thread thread_;
};

std::uint64_t own_pid() { return static_cast<std::uint64_t>(getpid()); }

std::string failure(const std::function<void()>& act) {
  try {
    act();
  } catch (const no_answer& why) {
    return why.what();
  }
  return "no failure";
}

void expect_said(const std::string& what, const char* wanted) {
  EXPECT_NE(what.find(wanted), std::string::npos) << what;
}

TEST(dump_client_test, an_answer_comes_without_its_ok) {
  std::string answer;
  std::string asked;
  {
    answering self("ok\nnow 5\n");
    ASSERT_TRUE(self.listens());
    answer = ask(own_pid(), "counters");
    asked = self.asked();
  }
  EXPECT_EQ(answer, "now 5\n");
  EXPECT_EQ(asked, "counters");
}

TEST(dump_client_test, a_long_dump_comes_whole) {
  const std::string text = dump_text().tag(1, std::string(3'000'000, 'x')).whole();
  const answering self("ok\n" + text);
  EXPECT_EQ(ask_dump(own_pid()).tags.at(0).size(), 3'000'000);
}

TEST(dump_client_test, an_error_is_told_as_it_was_said) {
  const answering self("error: no such type: 'x'\n");
  const std::string what = failure([] { ask(own_pid(), "set types=x"); });
  EXPECT_EQ(what, "process " + std::to_string(getpid()) + ": no such type: 'x'");
}

TEST(dump_client_test, an_answer_that_ends_early_is_none) {
  {
    const answering self("");
    expect_said(failure([] { ask(own_pid(), "dump"); }), "ended before it answered");
  }
  {
    const answering self("hello\n");
    expect_said(failure([] { ask(own_pid(), "dump"); }), "not understood");
  }
  const answering self("ok\n" + dump_text().so_far());
  EXPECT_THROW(ask_dump(own_pid()), bad_dump);
}

TEST(dump_client_test, a_process_without_a_ledger_is_told_from_none) {
  expect_said(failure([] { ask(own_pid(), "dump"); }), "built without one (lastout::with_ledger)");
  const pid_t child = fork();
  if (child == 0) _exit(0);
  ASSERT_GT(child, 0);
  ASSERT_EQ(waitpid(child, nullptr, 0), child);
  expect_said(failure([child] { ask(static_cast<std::uint64_t>(child), "dump"); }),
              "there is no such process");
  expect_said(failure([] { ask(0, "dump"); }), "no such process");
  expect_said(failure([] { ask(~std::uint64_t{0}, "dump"); }), "no such process");
}

TEST(dump_client_test, who_answers_for_another_process_is_not_believed) {
  const pid_t child = fork();
  if (child == 0) {
    pause();
    _exit(0);
  }
  ASSERT_GT(child, 0);
  {
    const answering impostor(answering::silent, child);
    ASSERT_TRUE(impostor.listens());
    expect_said(failure([child] { ask(static_cast<std::uint64_t>(child), "dump"); }),
                "answers in its name");
  }
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
}

TEST(dump_client_test, silence_ends_when_patience_does) {
  const answering self(answering::silent);
  ASSERT_TRUE(self.listens());
  const auto begun = std::chrono::steady_clock::now();
  const std::string what =
      failure([] { ask(own_pid(), "dump", patience{.silence = std::chrono::milliseconds(1000)}); });
  expect_said(what, "no answer within 1 s");
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(9));
}

TEST(dump_client_test, waiting_ends_when_it_is_told_to) {
  const answering self(answering::silent);
  expect_said(failure([] { ask(own_pid(), "dump", patience{.stop = [] { return true; }}); }),
              "interrupted");
}

TEST(dump_client_test, the_process_of_another_user_is_not_asked) {
  if (geteuid() != 0) GTEST_SKIP() << "needs root, to become another user";
  const pid_t child = fork();
  if (child == 0) {
    if (setuid(65534) != 0) _exit(2);
    // Process 1 is root's.
    const std::string what = failure([] { ask(1, "dump"); });
    _exit(what.find("not permitted") == std::string::npos ? 1 : 0);
  }
  int status = -1;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

}  // namespace
