// ledger.cpp - what the program asks of the ledger.

#include <lastout/ledger.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <exception>
#include <system_error>
#include <utility>

#include "choice.hpp"
#include "dump_writer.hpp"
#include "leak_report.hpp"
#include "object_table.hpp"
#include "service.hpp"
#include "start.hpp"

namespace lastout::ledger {
namespace {

std::string failure(const char* doing) {
  return std::string(doing) + ": " + std::generic_category().message(errno);
}

std::string write_whole(int to, std::string_view what) {
  while (!what.empty()) {
    const ssize_t n = write(to, what.data(), what.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return failure("cannot write it");
    what.remove_prefix(static_cast<std::size_t>(n));
  }
  return fsync(to) == 0 || errno == EINVAL ? std::string() : failure("cannot write it");
}

}  // namespace

std::string apply(std::string_view text) {
  try {
    const choice wanted = read_choice(text);
    start();
    choose(wanted);
    // Who tracks nothing can be asked to: but a program that was told `off` is left alone.
    serve(wanted.socket);
  } catch (const std::exception& wrong) {
    return wrong.what();
  }
  return {};
}

std::string settings() { return to_text(chosen()); }

std::string dump() { return write_dump(); }

std::string dump_to(const std::string& path) {
  const std::string text = write_dump();
  // Beside it, so that renaming is one step; of this call, so that two do not meet.
  static constinit atomic<std::uint64_t> calls{0};
  const std::uint64_t call = calls.fetch_add(1, order::relaxed);  // relaxed: a number
  const std::string beside =
      path + "." + std::to_string(getpid()) + "-" + std::to_string(call) + ".part";
  const int fd = open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) return failure("cannot create a file beside it");
  std::string wrong = write_whole(fd, text);
  if (close(fd) != 0 && wrong.empty()) wrong = failure("cannot write it");
  if (wrong.empty() && rename(beside.c_str(), path.c_str()) != 0)
    wrong = failure("cannot give it its name");
  if (!wrong.empty()) unlink(beside.c_str());
  return wrong;
}

bool watch(const void* object, std::size_t events) { return keep_history(object, events); }

std::string report() { return leak_report(); }

}  // namespace lastout::ledger
