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
#include <utility>

#include <lastout/atomic.hpp>

#include "not_standard.hpp"

namespace lastout::ledger {
namespace {

std::string failure(const char* doing) {
  return std::string(doing) + ": " + std::generic_category().message(errno);
}

// A pipe whose reader has gone, or a file that may not be so long, is an error to tell, and no reason
// to end the program.
class no_signal_of_it {
 public:
  no_signal_of_it() noexcept {
    sigset_t waiting;
    sigpending(&waiting);
    sigemptyset(&its_);
    for (const int each : {SIGPIPE, SIGXFSZ})
      if (sigismember(&waiting, each) != 1) sigaddset(&its_, each);  // one of another's: let it be
    held_ = pthread_sigmask(SIG_BLOCK, &its_, &before_) == 0;
  }
  no_signal_of_it(const no_signal_of_it&) = delete;
  no_signal_of_it& operator=(const no_signal_of_it&) = delete;
  ~no_signal_of_it() {
    if (!held_) return;
    const int error = errno;
    const timespec at_once{};
    while (sigtimedwait(&its_, nullptr, &at_once) > 0 || errno == EINTR) continue;
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
    errno = error;
  }

 private:
  sigset_t its_, before_;
  bool held_ = false;
};

// Closed on every way out: also when there is no memory to say what went wrong.
class open_file {
 public:
  explicit open_file(int number) noexcept : number_(number) {}
  open_file(const open_file&) = delete;
  open_file& operator=(const open_file&) = delete;
  ~open_file() {
    if (number_ >= 0) ::close(number_);
  }
  [[nodiscard]] int number() const noexcept { return number_; }
  /// Returns   0, or what close(2) does.
  int close() noexcept { return ::close(std::exchange(number_, -1)); }

 private:
  int number_;
};

std::string write_all(int to, std::string_view text) {
  const no_signal_of_it here;
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
  int number = -1;
  do {  // what has that name is an earlier process's, which ended in the middle
    const std::uint64_t call = calls.fetch_add(1, order::relaxed);  // relaxed: a number
    beside = place + "." + std::to_string(getpid()) + "-" + std::to_string(call) + ".part";
    number = not_standard(open(beside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  } while (number < 0 && errno == EEXIST);
  open_file part(number);
  if (part.number() < 0) return failure("cannot create a file beside it");
  struct unless_named {
    ~unless_named() {
      if (!has_its_name) unlink(path.c_str());
    }
    const std::string& path;
    bool has_its_name = false;
  } gone{beside};
  std::string wrong = write_all(part.number(), text);
  if (!wrong.empty()) return wrong;
  if (fsync(part.number()) != 0 && errno != EINVAL) return failure("cannot write it");
  if (part.close() != 0) return failure("cannot write it");
  if (rename(beside.c_str(), place.c_str()) != 0) return failure("cannot give it its name");
  gone.has_its_name = true;
  return {};
}

std::string write_into(int to, std::string_view text) {
  if (to < 0) return failure(errno == ENXIO ? "nobody reads it" : "cannot open it");
  open_file out(to);
  std::string wrong = write_all(to, text);
  if (out.close() != 0 && wrong.empty()) wrong = failure("cannot write it");
  return wrong;
}

// What has no place of its own to be renamed into.
int open_as_it_is(const std::string& path) {
  const int fd = not_standard(open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
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
  if (real == nullptr) return failure("cannot tell where it is");
  return write_beside(real.get(), text);
}

}  // namespace lastout::ledger
