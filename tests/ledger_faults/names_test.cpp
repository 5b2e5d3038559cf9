// names_test.cpp - where there is little memory, functions are named in fewer words, and the library that
// knows more is not asked: it would end the program.

#include <cstddef>
#include <cstdint>
#include <fstream>
#include <string>

#include <sys/resource.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include <symbols/stack_names.hpp>

#include "ledger/children.hpp"

namespace lastout_names_test {

[[gnu::noinline]] std::uint64_t here() {
  return reinterpret_cast<std::uintptr_t>(__builtin_return_address(0));
}
[[gnu::noinline]] std::uint64_t of_this_function() {
  const std::uint64_t out = here();
  asm volatile("");  // so that here() is called, not jumped to
  return out;
}

namespace {

std::size_t bytes_mapped() {
  std::size_t pages = 0;
  std::ifstream("/proc/self/statm") >> pages;
  return pages * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

std::string name_of(std::uint64_t address) {
  lastout::symbols::stack_names names;
  return names.frames_at(address).front().function;
}

TEST(names_without_memory, are_bare_and_the_program_goes_on) {
  const std::uint64_t address = of_this_function();
  const std::string name = name_of(address);
  if (name.find("+0x") != std::string::npos) GTEST_SKIP() << "built without libdw";
  EXPECT_EQ(name, "lastout_names_test::of_this_function");
  for (std::size_t more = 0; more <= std::size_t{32} << 20; more = 2 * more + 4096) {
    EXPECT_EQ(in_a_child([address, more] {
                const std::size_t most = bytes_mapped() + more;
                const rlimit few{most, most};
                if (setrlimit(RLIMIT_AS, &few) != 0) return 2;
                return name_of(address).find("+0x") == std::string::npos ? 3 : 0;
              }),
              "ok")
        << more;
  }
}

}  // namespace
}  // namespace lastout_names_test
