// output_file.cpp - see output_file.hpp.

#include "output_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <system_error>

#include <fmt/format.h>

#include "command.hpp"
#include "interrupt.hpp"

namespace cli {
namespace {

[[noreturn]] void refuse_path(const char* option, const std::string& path, const std::string& why) {
  throw bad_request(fmt::format("{} '{}': {}; give a file that you may write", option, path, why));
}

[[noreturn]] void refuse_path(const char* option, const std::string& path, int error) {
  refuse_path(option, path, std::generic_category().message(error));
}

struct frees {
  void operator()(char* text) const noexcept { std::free(text); }
};

// A new file beside `place`, with a name of its own.
unique_fd open_beside(const std::string& place, std::string& name) {
  name = place + ".XXXXXX";
  return unique_fd(mkostemp(name.data(), O_CLOEXEC));
}

// The number under which this process writes to that file already, or -1.
int own_output(const struct stat& file) noexcept {
  for (const int each : {STDOUT_FILENO, STDERR_FILENO}) {
    struct stat about{};
    if (::fstat(each, &about) == 0 && about.st_dev == file.st_dev && about.st_ino == file.st_ino)
      return each;
  }
  return -1;
}

unsigned mode_of_new_files() noexcept {
  const mode_t mask = umask(0);
  umask(mask);
  return 0666 & ~mask;
}

}  // namespace

output_file::output_file(const std::string& path, const char* option)
    : asked_(path), place_(path), mode_(mode_of_new_files()) {
  struct stat about{};
  if (::stat(path.c_str(), &about) == 0) {
    if (S_ISDIR(about.st_mode)) refuse_path(option, path, "a directory");
    if (::access(path.c_str(), W_OK) != 0) refuse_path(option, path, errno);
    if (const int own = own_output(about); own >= 0) {
      direct_ = unique_fd(::fcntl(own, F_DUPFD_CLOEXEC, 3));
      if (!direct_) refuse_path(option, path, errno);
      return;
    }
    if (!S_ISREG(about.st_mode)) {
      direct_ = unique_fd(::open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
      if (!direct_) refuse_path(option, path, errno);
      ::fcntl(direct_.number(), F_SETFL, 0);
      return;
    }
    mode_ = about.st_mode & 0777;
    const std::unique_ptr<char, frees> real(realpath(path.c_str(), nullptr));
    if (real != nullptr) place_ = real.get();
  }
  std::string name;
  if (!open_beside(place_, name)) refuse_path(option, path, errno);
  ::unlink(name.c_str());
}

int output_file::write(const std::string& text) {
  if (!direct_) return write_beside(text);
  std::fflush(stdout);  // what was said before it stands before it
  const int error = direct_.write_all(text);
  const int at_close = direct_.close();
  return error != 0 ? error : at_close;
}

bool output_file::write_or_say(const std::string& text) {
  const int error = write(text);
  if (error != 0) {
    fmt::print(stderr,
               "lastout: '{}' could not be written: {}; free some room or give another place\n",
               path(), std::generic_category().message(error));
  }
  return error == 0;
}

int output_file::write_beside(const std::string& text) {
  std::string name;
  unique_fd file = open_beside(place_, name);
  if (!file) return errno;
  interrupt::unlink_at_end(name.c_str());
  int error = file.write_all(text);
  if (error == 0 && (::fchmod(file.number(), mode_) != 0 || ::fsync(file.number()) != 0))
    error = errno;
  const int at_close = file.close();
  if (error == 0) error = at_close;
  if (error == 0 && std::rename(name.c_str(), place_.c_str()) != 0) error = errno;
  if (error != 0) ::unlink(name.c_str());
  interrupt::unlink_at_end(nullptr);
  return error;
}

}  // namespace cli
