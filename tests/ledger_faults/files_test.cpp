// files_test.cpp - a dump that cannot be written: a full device, a limit, no memory for the message.
// It is said, no half of a file is left, and what was there is there still.

#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <new>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include <dirent.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include <lastout/external.hpp>
#include <lastout/kref.hpp>

#include "faults/failing_memory.hpp"
#include "ledger/children.hpp"
#include "ledger/tracked.hpp"

namespace {

using faults::fault;
using faults::how_long;
using lastout::external;
using lastout::make;
namespace ledger = lastout::ledger;

struct listed : lastout::kref<listed> {};

std::string contents(const std::string& path) {
  const std::ifstream in(path);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

std::size_t open_files() {
  std::size_t n = 0;
  DIR* const all = opendir("/proc/self/fd");
  while (readdir(all) != nullptr) ++n;
  closedir(all);
  return n;
}

class files_of_dumps : public ledger_test {
 protected:
  files_of_dumps() : ledger_test("all,stacks=4,socket=off") {
    char name[] = "/tmp/lastout_faults_XXXXXX";
    folder = mkdtemp(name);
    file = folder + "/dump";
    std::ofstream(file) << "what was there";
    for (int i = 0; i < 2000; ++i) held.push_back(make<listed>());
  }
  ~files_of_dumps() override {
    unlink(file.c_str());
    EXPECT_EQ(rmdir(folder.c_str()), 0) << "something is left in the folder";
  }
  std::string folder;
  std::string file;
  std::vector<external<listed>> held;
};

TEST_F(files_of_dumps, a_full_device_is_said) {
  const std::size_t before = open_files();
  EXPECT_NE(ledger::dump_to("/dev/full").find("No space left"), std::string::npos);
  EXPECT_EQ(open_files(), before);
}

/// While it exists, files are at most so long.
class short_files {
 public:
  explicit short_files(rlim_t bytes) {
    getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit now{bytes, before_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &now);
  }
  ~short_files() { setrlimit(RLIMIT_FSIZE, &before_); }

 private:
  rlimit before_{};
};

TEST_F(files_of_dumps, a_limit_on_files_is_said_and_ends_nobody) {
  EXPECT_EQ(in_a_child([&] {
              const short_files here(1000);
              const std::string wrong = ledger::dump_to(file);
              return wrong.find("File too large") != std::string::npos ? 0 : 1;
            }),
            "ok")
      << "25: by SIGXFSZ";
  EXPECT_EQ(contents(file), "what was there");
}

TEST_F(files_of_dumps, one_that_waits_for_the_signal_itself_keeps_it) {
  EXPECT_EQ(in_a_child([&] {
              sigset_t those;
              sigemptyset(&those);
              sigaddset(&those, SIGXFSZ);
              sigaddset(&those, SIGPIPE);
              pthread_sigmask(SIG_BLOCK, &those, nullptr);
              raise(SIGXFSZ);
              raise(SIGPIPE);
              const short_files here(1000);
              if (ledger::dump_to(file).empty()) return 1;
              sigset_t waiting;
              sigpending(&waiting);
              return sigismember(&waiting, SIGXFSZ) == 1 && sigismember(&waiting, SIGPIPE) == 1 ? 0
                                                                                                : 2;
            }),
            "ok");
}

TEST_F(files_of_dumps, a_dump_to_a_file_that_fails_leaves_no_part_of_it) {
  std::signal(SIGXFSZ, SIG_IGN);
  const std::size_t files = open_files();
  for (const bool too_long : {false, true}) {
    faults::each_allocation_fails([&](fault& now) {
      std::string wrong;
      bool done = false;
      {
        const short_files here(too_long ? 10'000 : 100'000'000);
        done = now.run([&] { wrong = ledger::dump_to(file); });
      }
      const bool written = done && wrong.empty();
      EXPECT_EQ(contents(file).starts_with("lastout-ledger"), written);
      EXPECT_EQ(open_files(), files);
      if (!now.happened()) {
        EXPECT_EQ(written, !too_long);
      }
      std::ofstream(file) << "what was there";
    });
  }
  std::signal(SIGXFSZ, SIG_DFL);
}

// At the end of a program.

TEST(at_exit, DISABLED_holds_something) {
  (void)make<listed>().leak();
  std::thread([] {}).join();
}

TEST(at_exit, a_report_to_a_full_device_ends_in_good_order) {
  const std::string out =
      again("all,socket=off,exit=/dev/full", "at_exit.DISABLED_holds_something");
  EXPECT_NE(out.find("No space left"), std::string::npos) << out;
  EXPECT_NE(out.find("status 0"), std::string::npos) << out;
}

TEST(at_exit, DISABLED_has_no_memory_at_the_end) {
  (void)make<listed>().leak();
  (void)lastout::ledger::report();  // so that it has names
  std::atexit([] { new faults::armed(1, how_long::for_good); });
}

TEST(at_exit, without_memory_the_program_ends_in_good_order_too) {
  for (const char* const how : {"all,socket=off,exit=report", "all,socket=off,exit=/dev/null"}) {
    const std::string out = again(how, "at_exit.DISABLED_has_no_memory_at_the_end");
    EXPECT_NE(out.find("status 0"), std::string::npos) << out;
    EXPECT_NE(out.find("out of memory"), std::string::npos) << out;
  }
}

// Signals that interrupt what it writes.

void does_nothing(int) {}

TEST_F(files_of_dumps, a_dump_into_a_slow_pipe_in_a_storm_of_signals_is_whole) {
  const std::string pipe = folder + "/pipe";
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  std::string got;
  std::thread reader([&] {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, nullptr);
    const int fd = open(pipe.c_str(), O_RDONLY);
    char some[4096];
    ssize_t n = 0;
    while ((n = read(fd, some, sizeof some)) > 0) {
      got.append(some, static_cast<std::size_t>(n));
      usleep(300);
    }
    close(fd);
  });
  usleep(50'000);
  struct sigaction how{};
  struct sigaction before{};
  how.sa_handler = &does_nothing;  // no SA_RESTART
  sigaction(SIGALRM, &how, &before);
  const itimerval every{{0, 500}, {0, 500}};
  setitimer(ITIMER_REAL, &every, nullptr);
  const std::string wrong = ledger::dump_to(pipe);
  const itimerval never{};
  setitimer(ITIMER_REAL, &never, nullptr);
  sigaction(SIGALRM, &before, nullptr);
  EXPECT_EQ(wrong, "");
  reader.join();
  unlink(pipe.c_str());
  EXPECT_NE(got.find("\nend 2000 2000\n"), std::string::npos) << got.size();
}

}  // namespace
