// main.cpp - the lastout command: what was asked, done, or what is wrong with it.

#include <cerrno>
#include <cstdio>
#include <exception>
#include <new>
#include <system_error>

#include <unistd.h>

#include <fmt/format.h>
#include <lastout/atomic.hpp>
#include <ledger/dump_client.hpp>
#include <ledger/dump_reader.hpp>

#include "command.hpp"
#include "command_line.hpp"
#include "interrupt.hpp"

namespace {

int complain(const char* what, int status) {
  fmt::print(stderr, "lastout: {}\n", what);
  return status;
}

// No memory is left to unwind with, and any thread may be the one that finds out: say so and go.
[[noreturn]] void out_of_memory() {
  static constinit lastout::atomic<bool> told{false};
  // relaxed: a flag that carries nothing
  if (told.exchange(true, lastout::order::relaxed)) {
    for (;;) pause();  // another thread is ending the process
  }
  static constexpr char said[] =
      "lastout: out of memory; try a higher ulimit -v; of vfs run, fewer --threads or a smaller "
      "--tree\n";
  [[maybe_unused]] const auto written = write(STDERR_FILENO, said, sizeof said - 1);
  cli::interrupt::unlink_now();
  _exit(cli::verdict_failed);
}

}  // namespace

int main(int argc, char** argv) {
  std::set_new_handler(&out_of_memory);
  int status = cli::verdict_ok;
  try {
    status = cli::run_command_line(argc, argv);
  } catch (const cli::bad_request& wrong) {
    return complain(wrong.what(), cli::cannot_start);
  } catch (const lastout::ledger_reader::bad_dump& wrong) {
    return complain(wrong.what(), cli::cannot_start);
  } catch (const lastout::ledger_reader::no_answer& wrong) {
    return complain(wrong.what(), cli::cannot_start);
  } catch (const std::exception&
               wrong) {  // no memory, no more threads: what was begun is not the verdict's matter
    return complain(wrong.what(), cli::verdict_failed);
  }
  // Of what an earlier flush could not write only the mark is left.
  errno = 0;
  if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0) {
    const int why = errno == 0 ? EIO : errno;
    return complain(
        fmt::format("cannot write the answer: {}", std::generic_category().message(why)).c_str(),
        cli::verdict_failed);
  }
  return status;
}
