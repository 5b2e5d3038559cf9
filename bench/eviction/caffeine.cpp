// caffeine.cpp - keys go through a file, hits come back through a pipe.

#include "caffeine.hpp"

#include <array>
#include <bit>
#include <cstdlib>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <string>

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ;

namespace eviction {
namespace {

static_assert(std::endian::native == std::endian::little, "caffeine_hits.java reads it so");

class key_file {
 public:
  explicit key_file(const std::vector<key>& keys) : number_(mkstemp(name_.data())) {
    if (number_ < 0) throw std::runtime_error("no temporary file for Caffeine's keys");
    const char* at = reinterpret_cast<const char*>(keys.data());
    for (std::size_t left = keys.size() * sizeof(key); left > 0;) {
      const ssize_t written = write(number_, at, left);
      if (written <= 0) throw std::runtime_error("cannot write " + name_);
      at += written;
      left -= static_cast<std::size_t>(written);
    }
  }
  key_file(const key_file&) = delete;
  key_file& operator=(const key_file&) = delete;
  ~key_file() {
    close(number_);
    unlink(name_.c_str());
  }
  [[nodiscard]] const std::string& name() const { return name_; }

 private:
  static std::string pattern() {
    const char* const folder = std::getenv("TMPDIR");
    return std::string(folder == nullptr ? P_tmpdir : folder) + "/lastout-keys-XXXXXX";
  }
  std::string name_ = pattern();
  int number_;
};

std::string output_of(std::vector<std::string> words) {
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  std::array<int, 2> ends{};
  if (pipe(ends.data()) != 0) throw std::runtime_error("no pipe");
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  posix_spawn_file_actions_addclose(&actions, ends[0]);
  pid_t child = 0;
  const int failed =
      posix_spawn(&child, words[0].c_str(), &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  close(ends[1]);
  std::string out;
  std::array<char, 4096> part;
  for (ssize_t count = 0; (count = read(ends[0], part.data(), part.size())) > 0;) {
    out.append(part.data(), static_cast<std::size_t>(count));
  }
  close(ends[0]);
  int status = 0;
  if (failed != 0 || waitpid(child, &status, 0) != child || status != 0) {
    throw std::runtime_error(words[0] + " failed");
  }
  return out;
}

}  // namespace

std::vector<std::uint64_t> caffeine_hits(const workload& of) {
  const std::string java = LASTOUT_JAVA;
  const std::string jar = LASTOUT_CAFFEINE_JAR;
  if (java.empty() || jar.empty()) {
    throw std::runtime_error("built without Java or without Caffeine");
  }
  const key_file keys(of.accesses);
  // Enough for ten million boxed keys at a time; one collector thread, as on a machine shared.
  std::vector<std::string> words = {
      java, "-Xmx1g", "-XX:+UseSerialGC", "-cp", jar, LASTOUT_CAFFEINE_SOURCE, keys.name()};
  for (const std::size_t capacity : of.capacities) words.push_back(std::to_string(capacity));

  std::istringstream lines(output_of(std::move(words)));
  std::vector<std::uint64_t> out;
  for (std::uint64_t hits = 0; lines >> hits;) out.push_back(hits);
  if (out.size() != of.capacities.size()) throw std::runtime_error("Caffeine gave no figures");
  return out;
}

}  // namespace eviction
