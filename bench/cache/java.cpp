// java.cpp - keys go through its standard input, orders and answers through pipes.

#include "java.hpp"

#include <fcntl.h>
#include <sched.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <bit>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <utility>

extern char** environ;

namespace bench {
namespace {

static_assert(std::endian::native == std::endian::little, "caffeine_turns.java reads it so");

constexpr int first_end = 10;        // the number of the child's first pipe
constexpr int out_of_the_way = 200;  // ours are above all of the child's
cpu_set_t processors_at_first;

struct both_ends {
  int read;
  int write;
};

// Neither end is the child's, unless it is given to it.
both_ends make_pipe() {
  std::array<int, 2> low{};
  if (pipe2(low.data(), O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
  std::array<int, 2> high{};
  for (std::size_t i : {0u, 1u}) {
    high[i] = fcntl(low[i], F_DUPFD_CLOEXEC, out_of_the_way);
    close(low[i]);
    if (high[i] < 0) throw std::runtime_error("too many open files");
  }
  return {high[0], high[1]};
}

bool write_all(int to, const void* from, std::size_t bytes) {
  for (const char* at = static_cast<const char*>(from); bytes > 0;) {
    const ssize_t done = write(to, at, bytes);
    if (done <= 0) return false;
    at += done;
    bytes -= static_cast<std::size_t>(done);
  }
  return true;
}

bool write_part(int to, const std::vector<std::uint64_t>& keys) {
  const std::uint64_t count = keys.size();
  return write_all(to, &count, sizeof count) &&
         write_all(to, keys.data(), keys.size() * sizeof keys[0]);
}

// Starts `words` with these as its standard input and its pipes; closes them here.
pid_t start(std::vector<std::string> words, int input, const std::vector<int>& pipes) {
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
  for (std::size_t i = 0; i < pipes.size(); ++i) {
    posix_spawn_file_actions_adddup2(&actions, pipes[i], first_end + static_cast<int>(i));
  }
  // It inherits the processors of the thread that starts it, which is bound to one.
  cpu_set_t ours;
  const bool known = sched_getaffinity(0, sizeof ours, &ours) == 0;
  if (known && CPU_COUNT(&processors_at_first) > 0) {
    sched_setaffinity(0, sizeof processors_at_first, &processors_at_first);
  }
  pid_t child = 0;
  const int failed =
      posix_spawn(&child, words[0].c_str(), &actions, nullptr, arguments.data(), environ);
  if (known) sched_setaffinity(0, sizeof ours, &ours);
  posix_spawn_file_actions_destroy(&actions);
  close(input);
  for (const int each : pipes) close(each);
  if (failed != 0) throw std::runtime_error("cannot start " + words[0]);
  return child;
}

}  // namespace

bool caffeine_there() noexcept { return *LASTOUT_JAVA != '\0' && *LASTOUT_CAFFEINE_JAR != '\0'; }

void java::note_processors() {
  CPU_ZERO(&processors_at_first);
  sched_getaffinity(0, sizeof processors_at_first, &processors_at_first);
}

java::java(const errand& on) {
  if (!caffeine_there()) throw std::runtime_error("built without Java or without Caffeine");
  std::signal(SIGPIPE, SIG_IGN);  // that it ended is told by what write returns
  const both_ends keys = make_pipe();
  std::vector<int> theirs;
  for (std::size_t i = 0; i < on.wanted.size(); ++i) {
    const both_ends to = make_pipe();
    const both_ends from = make_pipe();
    theirs.insert(theirs.end(), {to.read, from.write});
    lines_.push_back({.to = to.write, .from = from.read});
  }
  // The collector that costs a look-up the least; it stops all of them for as long as it runs.
  child_ = start(
      {LASTOUT_JAVA, "-Xmx2g", "-XX:+UseSerialGC", "-cp", LASTOUT_CAFFEINE_JAR,
       LASTOUT_CAFFEINE_TURNS, std::to_string(on.capacity), std::to_string(on.held),
       on.beside ? "true" : "false", std::to_string(on.wanted.size()), std::to_string(first_end)},
      keys.read, theirs);
  bool told = write_part(keys.write, on.entered) && write_part(keys.write, on.settling);
  for (const auto& each : on.wanted) told = told && write_part(keys.write, each);
  close(keys.write);
  if (!told) throw std::runtime_error("Caffeine ended before it had its keys");
  bytes_for_entry_ = std::strtod(read_line(0).c_str(), nullptr);
}

java::~java() {
  for (const line& each : lines_) {
    close(each.to);
    close(each.from);
  }
  int status = 0;
  waitpid(child_, &status, 0);
}

std::uint64_t java::run(unsigned worker, std::uint64_t times) {
  const std::string order = std::to_string(times) + '\n';
  if (!write_all(lines_[worker].to, order.data(), order.size())) {
    throw std::runtime_error("Caffeine ended before its time");
  }
  return std::strtoull(read_line(worker).c_str(), nullptr, 10);
}

// It answers with one line and waits for the next order: nothing follows the line.
std::string java::read_line(unsigned worker) {
  std::string out;
  std::array<char, 64> part;
  while (out.empty() || out.back() != '\n') {
    const ssize_t count = read(lines_[worker].from, part.data(), part.size());
    if (count <= 0) throw std::runtime_error("Caffeine ended before its time");
    out.append(part.data(), static_cast<std::size_t>(count));
  }
  return out;
}

}  // namespace bench
