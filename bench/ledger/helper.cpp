// helper.cpp - two pipes, of which no other helper knows.

#include "helper.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <filesystem>
#include <stdexcept>
#include <utility>

extern char** environ;

namespace bench {

helper::helper(std::vector<std::string> words) : name_(words.at(0)) {
  std::signal(SIGPIPE, SIG_IGN);  // that it ended is told by what write returns
  std::array<int, 2> in{};
  std::array<int, 2> out{};
  if (pipe2(in.data(), O_CLOEXEC) != 0 || pipe2(out.data(), O_CLOEXEC) != 0) {
    throw std::runtime_error("no pipe");
  }
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, in[0], STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
  const int failed =
      posix_spawnp(&child_, words[0].c_str(), &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  close(in[0]);
  close(out[1]);
  to_ = in[1];
  from_ = out[0];
  if (failed == 0) return;
  close(to_);
  close(from_);
  throw std::runtime_error("cannot start " + name_);
}

helper::~helper() {
  close(to_);
  close(from_);
  int status = 0;
  if (child_ != 0) waitpid(child_, &status, 0);
}

void helper::wait() {
  int status = 0;
  waitpid(std::exchange(child_, 0), &status, 0);
  if (status != 0) ended();
}

void helper::tell(const std::string& line) {
  const std::string whole = line + '\n';
  for (std::size_t at = 0; at < whole.size();) {
    const ssize_t done = write(to_, whole.data() + at, whole.size() - at);
    if (done <= 0) ended();
    at += static_cast<std::size_t>(done);
  }
}

std::string helper::hear() {
  for (;;) {
    if (const std::size_t end = heard_.find('\n'); end != std::string::npos) {
      std::string out = heard_.substr(0, end);
      heard_.erase(0, end + 1);
      return out;
    }
    std::array<char, 4096> part;
    const ssize_t done = read(from_, part.data(), part.size());
    if (done <= 0) ended();
    heard_.append(part.data(), static_cast<std::size_t>(done));
  }
}

void helper::ended() const { throw std::runtime_error(name_ + " ended before its time"); }

std::string beside(const std::string& name) {
  return (std::filesystem::read_symlink("/proc/self/exe").parent_path() / name).string();
}

std::string worker(bool with_ledger) {
  return beside(with_ledger ? "lastout_ledger_worker_with" : "lastout_ledger_worker_without");
}

}  // namespace bench
