// main.cpp - the lastout command: what was asked, done, or what is wrong with it.

#include <cstdio>
#include <exception>
#include <optional>
#include <system_error>

#include <fmt/format.h>

#include "vfs_run.hpp"
#include "vfs_run_options.hpp"

namespace {

int complain(const char* what, int status) {
  fmt::print(stderr, "lastout: {}\n", what);
  return status;
}

int run(int argc, char** argv) {
  const std::optional<cli::vfs_run_options> asked = cli::read_command_line(argc, argv);
  return asked ? cli::vfs_run(*asked) : static_cast<int>(cli::verdict_ok);
}

}  // namespace

int main(int argc, char** argv) {
  int status = cli::verdict_ok;
  try {
    status = run(argc, argv);
  } catch (const cli::bad_request& wrong) {
    return complain(wrong.what(), cli::cannot_start);
  } catch (const std::exception&
               wrong) {  // no memory, no more threads: what was begun is not the verdict's matter
    return complain(wrong.what(), cli::verdict_failed);
  }
  if (std::fflush(stdout) != 0) {
    return complain(
        fmt::format("cannot write the report: {}", std::generic_category().message(errno)).c_str(),
        cli::cannot_start);
  }
  return status;
}
