// driver.cpp - runs a program's cases against each mutant in it, and writes who noticed.
//
//   program --out results.json [--only FILE] [--jobs N] [--case PART,...] [--ms-max N]
//           [--recorded FILE] [--rounds N] [--goes-on 1]
//   program --mutant N [--gtest_...]     is that mutant, and runs its cases as any test program
//
// First each case runs alone, twice (--rounds), as the original: that says which mutants it passes
// and how long it takes; --recorded keeps it in a file, or takes it from there. A case that fails
// then is left out, and said so; with --ms-max, one that takes longer, too. Then a process for each
// mutant, forked, runs the cases that pass it, until one fails, crashes, hangs or eats the memory.
// What was noticed in company is asked again of that case alone.
//
// --only FILE: the numbers of the mutants that are asked for, one a line; behind a tab the case that
// is asked first, because it noticed the mutant the last time. Each verdict is written to
// results.json.log at once; with --goes-on those that stand there are not asked for again.
//
// A hang is a case that takes twenty times its processor time and half a second, or whose threads
// all sleep for seconds: a machine with other work makes none.

#include "driver.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "mutant.hpp"

namespace {

using lastout::mutant::numbers_max;

double now(clockid_t clock) {
  timespec t{};
  if (clock_gettime(clock, &t) != 0) return 0;
  return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

/// What a child tells while it runs; in memory that both see.
struct told {
  volatile int at;            // which of its cases it runs
  volatile double wall;       // since when
  volatile double processor;  // its processor time then
  volatile bool failed;       // the case that it was at has failed
};

template <class T>
T* shared(std::size_t n) {
  void* const at =
      mmap(nullptr, n * sizeof(T), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (at == MAP_FAILED) std::abort();
  return static_cast<T*>(at);
}

struct test_case {
  std::string name;   // as a filter
  std::string shown;  // with its parameter
  std::vector<bool> passes = std::vector<bool>(numbers_max);
  double wall = 0;
  double processor = 0;
  std::string left_out;  // why
};

std::vector<test_case> cases;

void run_case(const test_case& one, told& t, int at) {
  t.at = at;
  t.wall = now(CLOCK_MONOTONIC);
  t.processor = now(CLOCK_PROCESS_CPUTIME_ID);
  GTEST_FLAG_SET(filter, one.name);
  if (RUN_ALL_TESTS() == 0) return;
  t.failed = true;
  _exit(1);
}

sigset_t ended_children() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGCHLD);
  return set;
}

/// Until a child ends, or limits are to be looked at again.
void pause_a_little() {
  static const sigset_t ended = ended_children();
  const timespec a_little{0, 20'000'000};
  sigtimedwait(&ended, nullptr, &a_little);
}

/// A process that is a mutant (or none) and runs some cases.
class child {
 public:
  void start(unsigned mutant, std::vector<int> order) {
    mutant_ = mutant;
    order_ = std::move(order);
    told_->at = 0;
    told_->failed = false;
    told_->wall = now(CLOCK_MONOTONIC);
    told_->processor = 0;
    asleep_since_ = 0;
    why_.clear();
    std::fflush(nullptr);
    pid_ = fork();
    if (pid_ < 0) std::abort();
    if (pid_ > 0) return;
    setpgid(0, 0);
    const sigset_t ended = ended_children();
    sigprocmask(SIG_UNBLOCK, &ended, nullptr);
    const int nothing = open("/dev/null", O_RDWR);
    for (const int fd : {0, 1, 2}) dup2(nothing, fd);
    lastout::mutant::active = mutant;
    setenv("LASTOUT_MUTANT", std::to_string(mutant).c_str(), 1);  // for what a death test starts
    for (std::size_t i = 0; i < order_.size(); ++i)
      run_case(cases[static_cast<std::size_t>(order_[i])], *told_, static_cast<int>(i));
    told_->at = static_cast<int>(order_.size());
    _exit(0);
  }

  [[nodiscard]] bool running() const { return pid_ > 0; }
  [[nodiscard]] unsigned mutant() const { return mutant_; }
  [[nodiscard]] const std::vector<int>& order() const { return order_; }
  /// Position in order() of the case that it stopped at; order().size(): it is through.
  [[nodiscard]] std::size_t stopped_at() const { return static_cast<std::size_t>(told_->at); }
  [[nodiscard]] const std::string& why() const { return why_; }
  [[nodiscard]] const told& tells() const { return *told_; }

  /// Returns true when it has ended: why() is empty when all went well.
  bool poll() {
    int status = 0;
    const pid_t ended = waitpid(pid_, &status, WNOHANG);
    if (ended == 0) {
      limit();
      return false;
    }
    kill(-pid_, SIGKILL);  // and whom it started
    pid_ = 0;
    if (!why_.empty()) return true;
    if (told_->failed)
      why_ = "failed";
    else if (WIFSIGNALED(status))
      why_ = strsignal(WTERMSIG(status));
    else if (WEXITSTATUS(status) != 0 || stopped_at() != order_.size())
      why_ = "exit";
    return true;
  }

 private:
  void limit() {
    if (!why_.empty() || stopped_at() >= order_.size()) return;
    const test_case& one = cases[static_cast<std::size_t>(order_[stopped_at()])];
    const double wall = now(CLOCK_MONOTONIC);
    if (wall - looked_ < 0.02) return;
    looked_ = wall;
    clockid_t clock{};
    const bool known = clock_getcpuclockid(pid_, &clock) == 0;
    const double processor = known ? now(clock) - told_->processor : 0;
    if (processor > 0.5 + 20 * one.processor) return end("hangs");
    if (wall - told_->wall > 60 + 40 * one.wall) return end("hangs");
    if (!all_asleep())
      asleep_since_ = 0;
    else if (asleep_since_ == 0)
      asleep_since_ = wall;
    else if (wall - asleep_since_ > 2 + 10 * one.wall)
      return end("sleeps for ever");
    long pages = 0, resident = 0;
    std::ifstream("/proc/" + std::to_string(pid_) + "/statm") >> pages >> resident;
    if (resident > (2l << 30) / sysconf(_SC_PAGESIZE)) end("memory");
  }

  [[nodiscard]] bool all_asleep() const {
    std::error_code none;
    for (const auto& each :
         std::filesystem::directory_iterator("/proc/" + std::to_string(pid_) + "/task", none)) {
      std::string line;
      std::getline(std::ifstream(each.path() / "stat"), line);
      const std::size_t name_ends = line.rfind(')');
      if (name_ends == std::string::npos || line.compare(name_ends, 3, ") S") != 0) return false;
    }
    return true;
  }

  void end(const char* why) {
    why_ = why;
    kill(-pid_, SIGKILL);
    kill(pid_, SIGKILL);
  }

  pid_t pid_ = 0;
  unsigned mutant_ = 0;
  std::vector<int> order_;
  told* told_ = shared<told>(1);
  double looked_ = 0;
  double asleep_since_ = 0;
  std::string why_;
};

/// Each case alone, as the original.
void record(unsigned char* passed, int rounds) {
  child alone;
  for (int round = 0; round < rounds; ++round) {
    for (std::size_t i = 0; i < cases.size(); ++i) {
      test_case& one = cases[i];
      if (!one.left_out.empty()) continue;
      if (i % 100 == 0) std::fprintf(stderr, "round %d, case %zu of %zu\n", round, i, cases.size());
      std::memset(passed, 0, numbers_max);
      const double limit = one.wall;
      one.wall = one.processor = 1e6;  // no limit yet
      const double began = now(CLOCK_MONOTONIC);
      alone.start(0, {static_cast<int>(i)});
      rusage used{}, before{};
      getrusage(RUSAGE_CHILDREN, &before);
      while (!alone.poll()) {
        pause_a_little();
        if (now(CLOCK_MONOTONIC) - began > 600) std::abort();
      }
      getrusage(RUSAGE_CHILDREN, &used);
      const auto seconds = [](const rusage& u) {
        return static_cast<double>(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
               1e-6 * static_cast<double>(u.ru_utime.tv_usec + u.ru_stime.tv_usec);
      };
      one.wall = std::max(limit, now(CLOCK_MONOTONIC) - began);
      one.processor = seconds(used) - seconds(before);
      one.left_out = alone.why();
      for (std::size_t m = 0; m < numbers_max; ++m)
        if (passed[m] != 0) one.passes[m] = true;
    }
  }
}

/// A line for each case: its times, why it is left out, the mutants that it passes.
void save(const std::string& path) {
  std::ofstream out(path);
  for (const test_case& each : cases) {
    out << each.name << '\t' << each.wall << '\t' << each.processor << '\t' << each.left_out
        << '\t';
    for (unsigned m = 0; m < numbers_max; ++m)
      if (each.passes[m]) out << m << ' ';
    out << '\n';
  }
}

/// Returns false when the file is not there, or is of other cases.
bool load(const std::string& path) {
  std::ifstream in(path);
  const std::vector<test_case> unknown = cases;
  std::string line;
  for (test_case& each : cases) {
    if (!std::getline(in, line)) return cases = unknown, false;
    std::istringstream fields(line);
    std::string name, wall, processor, passes;
    std::getline(fields, name, '\t');
    std::getline(fields, wall, '\t');
    std::getline(fields, processor, '\t');
    std::getline(fields, each.left_out, '\t');
    if (name != each.name) return cases = unknown, false;
    each.wall = std::atof(wall.c_str());
    each.processor = std::atof(processor.c_str());
    for (unsigned m = 0; fields >> m;) each.passes[m] = true;
  }
  return true;
}

struct wish {
  unsigned mutant;
  std::string first;  // the case to begin with
};

struct verdict {
  bool known = false;
  bool noticed = false;
  std::string by;
  std::string how;
};

/// The verdicts of a run that was interrupted, and a line for each that is added.
class journal {
 public:
  journal(const std::string& path, bool goes_on, std::vector<verdict>& verdicts) {
    std::ifstream before(path);
    std::string line;
    while (goes_on && std::getline(before, line)) {
      std::istringstream fields(line);
      std::string mutant, noticed;
      verdict said;
      said.known = true;
      std::getline(fields, mutant, '\t');
      std::getline(fields, noticed, '\t');
      std::getline(fields, said.how, '\t');
      if (!std::getline(fields, said.by, '\t')) continue;
      said.noticed = noticed == "1";
      verdicts[static_cast<std::size_t>(std::atoi(mutant.c_str())) % numbers_max] = said;
    }
    out_.open(path, goes_on ? std::ios::app : std::ios::trunc);
  }
  void add(unsigned mutant, const verdict& said) {
    out_ << mutant << '\t' << said.noticed << '\t' << said.how << '\t' << said.by << '\t'
         << std::endl;
  }

 private:
  std::ofstream out_;
};

/// Runs the mutants, `jobs` at a time.
void run(const std::vector<wish>& wanted, std::size_t jobs, journal& notes,
         std::vector<verdict>& verdicts) {
  std::vector<int> fastest;
  for (std::size_t i = 0; i < cases.size(); ++i)
    if (cases[i].left_out.empty()) fastest.push_back(static_cast<int>(i));
  std::stable_sort(fastest.begin(), fastest.end(), [](int a, int b) {
    return cases[static_cast<std::size_t>(a)].processor <
           cases[static_cast<std::size_t>(b)].processor;
  });

  std::vector<int> recent;  // who noticed neighbours is asked first
  const auto order_for = [&](unsigned mutant) {
    std::vector<int> order;
    for (const int i : recent)
      if (cases[static_cast<std::size_t>(i)].passes[mutant]) order.push_back(i);
    for (const int i : fastest)
      if (cases[static_cast<std::size_t>(i)].passes[mutant] &&
          std::find(recent.begin(), recent.end(), i) == recent.end())
        order.push_back(i);
    return order;
  };
  const auto done_with = [&](unsigned mutant, verdict said) {
    said.known = true;
    notes.add(mutant, said);
    verdicts[mutant] = std::move(said);
  };

  struct slot {
    child process;
    std::vector<int> after;  // cases to go on with, should one alone not confirm
    bool confirms = false;
  };
  std::vector<slot> slots(jobs);
  std::size_t next = 0, done = 0;
  while (done < wanted.size()) {
    bool moved = false;
    for (slot& s : slots) {
      if (!s.process.running()) {
        if (next == wanted.size()) continue;
        const auto& [mutant, first] = wanted[next++];
        std::vector<int> order = order_for(mutant);
        moved = true;
        if (verdicts[mutant].known || order.empty()) {
          if (!verdicts[mutant].known) done_with(mutant, {});
          ++done;
          continue;
        }
        const auto hinted = std::find_if(order.begin(), order.end(), [&](int i) {
          return cases[static_cast<std::size_t>(i)].shown == first;
        });
        s.after.clear();
        if (hinted != order.end()) {
          const int alone = *hinted;
          order.erase(hinted);
          s.after = std::exchange(order, {alone});
        }
        s.confirms = order.size() == 1;
        s.process.start(mutant, std::move(order));
        continue;
      }
      if (!s.process.poll()) continue;
      moved = true;
      const unsigned mutant = s.process.mutant();
      const std::vector<int> order = s.process.order();
      const std::size_t at = std::min(s.process.stopped_at(), order.size() - 1);
      if (s.process.why().empty()) {
        if (!s.confirms || s.after.empty()) {
          done_with(mutant, {});
          ++done;
        } else {  // noticed in company only: that does not count
          s.confirms = s.after.size() == 1;
          s.process.start(mutant, std::exchange(s.after, {}));
        }
      } else if (s.confirms) {
        const test_case& by = cases[static_cast<std::size_t>(order[at])];
        done_with(mutant, {.noticed = true, .by = by.shown, .how = s.process.why()});
        ++done;
        std::erase(recent, order[at]);
        recent.insert(recent.begin(), order[at]);
        if (recent.size() > 3) recent.pop_back();
      } else {
        s.confirms = true;
        s.after.assign(order.begin() + static_cast<std::ptrdiff_t>(at) + 1, order.end());
        s.process.start(mutant, {order[at]});
      }
      if (done % 100 == 0 && !s.process.running())
        std::fprintf(stderr, "%zu of %zu mutants\n", done, wanted.size());
    }
    if (!moved) pause_a_little();
  }
}

std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

void write(const std::string& path, const std::vector<wish>& wanted,
           const std::vector<verdict>& verdicts) {
  std::ofstream out(path);
  out << "{\"cases\": [";
  for (std::size_t i = 0; i < cases.size(); ++i) {
    out << (i == 0 ? "\n" : ",\n") << "  {\"name\": " << quoted(cases[i].shown)
        << ", \"ms\": " << static_cast<long>(cases[i].processor * 1000)
        << ", \"left_out\": " << quoted(cases[i].left_out) << "}";
  }
  out << "],\n\"mutants\": {";
  bool first = true;
  for (const auto& [m, first_case] : wanted) {
    std::size_t passes = 0;
    for (const test_case& each : cases) passes += each.passes[m] && each.left_out.empty() ? 1 : 0;
    out << (first ? "\n" : ",\n") << "  \"" << m << "\": {\"passes\": " << passes
        << ", \"noticed\": " << (verdicts[m].noticed ? "true" : "false")
        << ", \"by\": " << quoted(verdicts[m].by) << ", \"how\": " << quoted(verdicts[m].how)
        << "}";
    first = false;
  }
  out << "}}\n";
  out.close();
  if (!out) {
    std::fprintf(stderr, "driver: cannot write %s\n", path.c_str());
    std::exit(1);
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (const char* const mutant = std::getenv("LASTOUT_MUTANT"))
    lastout::mutant::active = static_cast<unsigned>(std::atoi(mutant));
  if (&lastout::mutant::add_cases != nullptr) lastout::mutant::add_cases();
  testing::InitGoogleTest(&argc, argv);

  std::string out, only, recorded;
  std::vector<std::string> patterns;  // of the names of cases; none: all
  std::size_t jobs = 2;
  double ms_max = 1e9;
  int rounds = 2;
  bool goes_on = false;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string_view option = argv[i];
    if (option == "--out") out = argv[i + 1];
    if (option == "--only") only = argv[i + 1];
    if (option == "--jobs") jobs = static_cast<std::size_t>(std::max(1, std::atoi(argv[i + 1])));
    if (option == "--mutant")
      lastout::mutant::active = static_cast<unsigned>(std::atoi(argv[i + 1]));
    if (option == "--recorded") recorded = argv[i + 1];
    if (option == "--rounds") rounds = std::atoi(argv[i + 1]);
    if (option == "--ms-max") ms_max = std::atof(argv[i + 1]);
    if (option == "--case") {
      std::istringstream list(argv[i + 1]);
      for (std::string pattern; std::getline(list, pattern, ',');) patterns.push_back(pattern);
    }
    if (option == "--goes-on") goes_on = std::string_view(argv[i + 1]) == "1";
  }
  // A death test starts the program once more, with the same arguments.
  if (out.empty() || std::getenv("LASTOUT_MUTANT") != nullptr) return RUN_ALL_TESTS();

  auto& listeners = testing::UnitTest::GetInstance()->listeners();
  delete listeners.Release(listeners.default_result_printer());

  auto* const passed = shared<unsigned char>(numbers_max);
  lastout::mutant::passed = passed;

  const testing::UnitTest& all = *testing::UnitTest::GetInstance();
  for (int i = 0; i < all.total_test_suite_count(); ++i) {
    const testing::TestSuite& suite = *all.GetTestSuite(i);
    for (int k = 0; k < suite.total_test_count(); ++k) {
      const testing::TestInfo& info = *suite.GetTestInfo(k);
      test_case one;
      one.name = std::string(suite.name()) + "." + info.name();
      one.shown = info.value_param() != nullptr && std::string_view(suite.name()) == "scenario"
                      ? std::string("scenario: ") + info.value_param()
                      : one.name;
      if (one.name.find("DISABLED_") != std::string::npos) continue;
      if (!patterns.empty() && std::none_of(patterns.begin(), patterns.end(), [&](const auto& p) {
            return one.name.find(p) != std::string::npos;
          }))
        continue;
      cases.push_back(std::move(one));
    }
  }
  const sigset_t ended = ended_children();
  sigprocmask(SIG_BLOCK, &ended, nullptr);
  if (recorded.empty() || !load(recorded)) {
    record(passed, rounds);
    if (!recorded.empty()) save(recorded);
  }
  for (test_case& each : cases) {
    if (each.processor * 1000 > ms_max && each.left_out.empty()) each.left_out = "slow";
    if (!each.left_out.empty())
      std::fprintf(stderr, "not asked: %s: %s, %.0f ms\n", each.shown.c_str(),
                   each.left_out.c_str(), each.processor * 1000);
  }

  std::vector<wish> wanted;
  if (only.empty()) {
    for (unsigned m = 1; m < numbers_max; ++m)
      if (std::any_of(cases.begin(), cases.end(), [m](const test_case& c) { return c.passes[m]; }))
        wanted.push_back({m, {}});
  } else {
    std::ifstream lines(only);
    for (std::string line; std::getline(lines, line);) {
      const std::size_t tab = line.find('\t');
      wanted.push_back({static_cast<unsigned>(std::atoi(line.c_str())),
                        tab == std::string::npos ? std::string() : line.substr(tab + 1)});
    }
  }
  std::vector<verdict> verdicts(numbers_max);
  journal notes(out + ".log", goes_on, verdicts);
  run(wanted, jobs, notes, verdicts);
  write(out, wanted, verdicts);
  std::size_t noticed = 0;
  for (const wish& each : wanted) noticed += verdicts[each.mutant].noticed ? 1 : 0;
  std::fprintf(stderr, "%zu cases, %zu mutants passed, %zu noticed\n", cases.size(), wanted.size(),
               noticed);
}
