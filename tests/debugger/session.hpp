// session.hpp - programs that tests start, and gdb sessions: commands in, what each one said out.

#pragma once

#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <regex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

namespace debugger {

using words = std::vector<std::string>;

/// What the build says: where programs are.
inline std::string given(const char* variable) {
  const char* const value = std::getenv(variable);
  if (value == nullptr) throw std::runtime_error(std::string(variable) + " is not set: use ctest");
  return value;
}

/// A program that runs, its output at hand; killed and waited for at the end.
class started {
 public:
  explicit started(const words& command) {
    int ends[2];
    if (pipe(ends) != 0) throw std::runtime_error("no pipe");
    pid_ = fork();
    if (pid_ == 0) {
      dup2(ends[1], STDOUT_FILENO);
      dup2(ends[1], STDERR_FILENO);
      close(ends[0]);
      close(ends[1]);
      std::vector<char*> argv;
      for (const std::string& each : command) argv.push_back(const_cast<char*>(each.c_str()));
      argv.push_back(nullptr);
      execvp(argv[0], argv.data());
      _exit(127);
    }
    close(ends[1]);
    out_ = fdopen(ends[0], "r");
  }
  started(const started&) = delete;
  started& operator=(const started&) = delete;
  ~started() {
    if (pid_ > 0) {
      kill(pid_, SIGKILL);
      waitpid(pid_, nullptr, 0);
    }
    std::fclose(out_);
  }

  [[nodiscard]] pid_t pid() const noexcept { return pid_; }
  /// Empty at the end of the output.
  std::string line() {
    char text[4096];
    return std::fgets(text, sizeof text, out_) == nullptr ? "" : text;
  }
  std::string rest() {
    std::string out;
    for (std::string next = line(); !next.empty(); next = line()) out += next;
    return out;
  }
  int status() {
    int how = 0;
    waitpid(std::exchange(pid_, -1), &how, 0);
    return WIFEXITED(how) ? WEXITSTATUS(how) : 128 + WTERMSIG(how);
  }

 private:
  pid_t pid_ = -1;
  std::FILE* out_ = nullptr;
};

/// Runs gdb. What each command of `asked` said comes back, in their order; `how` starts it all.
inline words in_gdb(const words& arguments, const words& how, const words& asked) {
  words command{given("LASTOUT_GDB"), "-nx", "-batch", "-q"};
  const auto say = [&](const std::string& what) { command.insert(command.end(), {"-ex", what}); };
  say("set pagination off");
  say("set width 0");
  say("set debuginfod enabled off");
  say("set confirm off");
  say("set filename-display basename");
  say("source " + given("LASTOUT_SCRIPT"));
  for (const std::string& each : how) say(each);
  for (const std::string& each : asked) {
    say("echo \\n@@@\\n");
    say(each);
  }
  command.insert(command.end(), arguments.begin(), arguments.end());
  started gdb(command);
  const std::string all = gdb.rest();
  gdb.status();

  words out;
  constexpr std::string_view mark = "\n@@@\n";
  std::size_t at = all.find(mark);
  while (at != std::string::npos) {
    at += mark.size();
    const std::size_t end = all.find(mark, at);
    out.push_back(all.substr(at, end == std::string::npos ? end : end - at));
    at = end;
  }
  if (out.size() != asked.size()) throw std::runtime_error("gdb said only this:\n" + all);
  return out;
}

/// True when some part of `text` is as the pattern says.
inline testing::AssertionResult says(const std::string& text, const std::string& pattern) {
  if (std::regex_search(text, std::regex(pattern, std::regex::ECMAScript | std::regex::multiline)))
    return testing::AssertionSuccess();
  return testing::AssertionFailure() << "no /" << pattern << "/ in:\n" << text;
}

/// A folder of its own, removed at the end.
class folder {
 public:
  folder() : path_((std::filesystem::temp_directory_path() / "lastout-debugger-XXXXXX").string()) {
    if (mkdtemp(path_.data()) == nullptr) throw std::runtime_error("no folder");
  }
  folder(const folder&) = delete;
  folder& operator=(const folder&) = delete;
  ~folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  [[nodiscard]] std::string file(const char* name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

}  // namespace debugger
