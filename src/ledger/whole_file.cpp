// whole_file.cpp - see whole_file.hpp.

#include "whole_file.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <system_error>

#include <lastout/atomic.hpp>

namespace lastout::ledger {
namespace {

std::string failure(const char* doing) {
  return std::string(doing) + ": " + std::generic_category().message(errno);
}

// A pipe whose reader has gone is an error to tell, and no reason to end the program.
class no_broken_pipe {
 public:
  no_broken_pipe() noexcept {
    sigemptyset(&it_);
    sigaddset(&it_, SIGPIPE);
    sigset_t waiting;
    sigpending(&waiting);
    if (sigismember(&waiting, SIGPIPE) == 1) return;  // one of another's: let it be
    held_ = pthread_sigmask(SIG_BLOCK, &it_, &before_) == 0;
  }
  no_broken_pipe(const no_broken_pipe&) = delete;
  no_broken_pipe& operator=(const no_broken_pipe&) = delete;
  ~no_broken_pipe() {
    if (!held_) return;
    const timespec at_once{};
    while (sigtimedwait(&it_, nullptr, &at_once) < 0 && errno == EINTR) continue;
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }

 private:
  sigset_t it_, before_;
  bool held_ = false;
};

std::string write_all(int to, std::string_view text) {
  const no_broken_pipe here;
  while (!text.empty()) {
    const ssize_t n = write(to, text.data(), text.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return failure("cannot write it");
    text.remove_prefix(static_cast<std::size_t>(n));
  }
  return {};
}

std::string write_beside(const std::string& place, std::string_view text) {
  // Of this call, so that two do not meet.
  static constinit atomic<std::uint64_t> calls{0};
  std::string beside;
  int fd = -1;
  do {  // what has that name is an earlier process's, which ended in the middle
    const std::uint64_t call = calls.fetch_add(1, order::relaxed);  // relaxed: a number
    beside = place + "." + std::to_string(getpid()) + "-" + std::to_string(call) + ".part";
    fd = open(beside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  } while (fd < 0 && errno == EEXIST);
  if (fd < 0) return failure("cannot create a file beside it");
  std::string wrong = write_all(fd, text);
  if (wrong.empty() && fsync(fd) != 0 && errno != EINVAL) wrong = failure("cannot write it");
  if (close(fd) != 0 && wrong.empty()) wrong = failure("cannot write it");
  if (wrong.empty() && rename(beside.c_str(), place.c_str()) != 0)
    wrong = failure("cannot give it its name");
  if (!wrong.empty()) unlink(beside.c_str());
  return wrong;
}

std::string write_into(int to, std::string_view text) {
  if (to < 0) return failure(errno == ENXIO ? "nobody reads it" : "cannot open it");
  std::string wrong = write_all(to, text);
  if (close(to) != 0 && wrong.empty()) wrong = failure("cannot write it");
  return wrong;
}

// What has no place of its own to be renamed into.
int open_as_it_is(const std::string& path) {
  const int fd = open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
  if (fd >= 0) fcntl(fd, F_SETFL, 0);
  return fd;
}

// The number under which this process writes to that file already, or -1: its standard output or
// error, whatever the name.
int own_output(const struct stat& file) {
  for (const int each : {STDOUT_FILENO, STDERR_FILENO}) {
    struct stat about{};
    if (fstat(each, &about) == 0 && about.st_dev == file.st_dev && about.st_ino == file.st_ino)
      return each;
  }
  return -1;
}

struct frees {
  void operator()(char* text) const noexcept { std::free(text); }
};

}  // namespace

std::string write_whole_file(const std::string& path, std::string_view text) {
  struct stat about{};
  if (stat(path.c_str(), &about) != 0) return write_beside(path, text);
  if (S_ISDIR(about.st_mode)) return "it is a directory";
  if (const int own = own_output(about); own >= 0)
    return write_into(fcntl(own, F_DUPFD_CLOEXEC, 3), text);
  if (!S_ISREG(about.st_mode)) return write_into(open_as_it_is(path), text);
  const std::unique_ptr<char, frees> real(realpath(path.c_str(), nullptr));
  return write_beside(real != nullptr ? real.get() : path, text);
}

}  // namespace lastout::ledger
