// symbols_test.cpp - addresses are named, by function, file and line, in this process and by the
// files that it had loaded.

#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <string>

#include <symbols/function_name.hpp>
#include <symbols/module.hpp>
#include <symbols/stack_names.hpp>

namespace symbols_test {

[[gnu::noinline]] std::uint64_t here() {
  return reinterpret_cast<std::uintptr_t>(__builtin_return_address(0));
}

[[gnu::always_inline]] inline std::uint64_t inlined() {
  const std::uint64_t out = here();
  asm volatile("");  // so that here() is called, not jumped to
  return out;
}

[[gnu::noinline]] std::uint64_t outer() {
  const std::uint64_t out = inlined();
  asm volatile("");
  return out;
}

namespace {

[[gnu::noinline]] std::uint64_t of_this_file() {
  const std::uint64_t out = here();
  asm volatile("");
  return out;
}

}  // namespace

}  // namespace symbols_test

namespace {

using namespace lastout::symbols;

TEST(symbols_test, inlined_functions_are_told_with_their_places) {
  stack_names names;
  const std::vector<frame>& frames = names.frames_at(symbols_test::outer());
  ASSERT_EQ(frames.size(), 2);
  EXPECT_EQ(frames[0].function, "symbols_test::inlined");
  EXPECT_EQ(frames[1].function, "symbols_test::outer");
  for (const frame& each : frames)
    EXPECT_NE(each.place.find("symbols_test.cpp:"), std::string::npos) << each.text();
  EXPECT_NE(frames[0].place, frames[1].place);
  EXPECT_TRUE(names.remarks().empty()) << names.remarks().front();
}

TEST(symbols_test, a_function_of_one_file_has_its_namespace) {
  stack_names names;
  EXPECT_EQ(names.frames_at(symbols_test::of_this_file()).at(0).function,
            "symbols_test::(anonymous namespace)::of_this_file");
}

TEST(symbols_test, the_files_alone_say_the_same) {
  stack_names of_files(modules_here());
  stack_names of_process;
  const std::uint64_t address = symbols_test::outer();
  ASSERT_EQ(of_files.frames_at(address).size(), of_process.frames_at(address).size());
  for (std::size_t i = 0; i < of_files.frames_at(address).size(); ++i)
    EXPECT_EQ(of_files.frames_at(address)[i].text(), of_process.frames_at(address)[i].text());
}

TEST(symbols_test, a_process_that_lay_elsewhere_is_named_too) {
  constexpr std::uint64_t distance = 0x100000;
  std::vector<module> moved = modules_here();
  for (module& each : moved) {
    each.begin += distance;
    each.end += distance;
  }
  stack_names names(moved);
  EXPECT_EQ(names.frames_at(symbols_test::outer() + distance).at(0).function,
            "symbols_test::inlined");
}

TEST(symbols_test, a_file_of_another_build_is_not_believed) {
  std::vector<module> other = modules_here();
  for (module& each : other) each.build_id = "0123";
  stack_names names(other);
  const std::vector<frame>& frames = names.frames_at(symbols_test::outer());
  ASSERT_EQ(frames.size(), 1);
  EXPECT_NE(frames[0].function.find("+0x"), std::string::npos) << frames[0].function;
  EXPECT_EQ(frames[0].place, "");
  ASSERT_EQ(names.remarks().size(), 1);
  EXPECT_NE(names.remarks()[0].find("changed since it was loaded"), std::string::npos);
  names.frames_at(symbols_test::here());
  EXPECT_EQ(names.remarks().size(), 1);
}

TEST(symbols_test, what_is_no_file_is_told_by_file_and_offset) {
  stack_names names({{0x1000, 0x2000, 0x400, "", "/nonexistent/libx.so"},
                     {0x5000, 0x6000, 0x0, "", "linux-vdso.so.1"}});
  EXPECT_EQ(names.frames_at(0x1011).at(0).text(), "libx.so+0x410");
  EXPECT_EQ(names.frames_at(0x5011).at(0).text(), "linux-vdso.so.1+0x10");
  EXPECT_EQ(names.frames_at(0x9000).at(0).text(), "0x9000");
  ASSERT_EQ(names.remarks().size(), 1);
  EXPECT_NE(names.remarks()[0].find("/nonexistent/libx.so"), std::string::npos);
}

TEST(symbols_test, exported_functions_of_other_libraries_have_names) {
  stack_names names;
  const auto address = reinterpret_cast<std::uintptr_t>(&std::strtol) + 1;
  EXPECT_NE(names.frames_at(address).at(0).function.find("strtol"), std::string::npos);
}

TEST(symbols_test, places_in_a_text_are_named) {
  stack_names names;
  char address[32];
  std::snprintf(address, sizeof address, "@0x%llx",
                static_cast<unsigned long long>(symbols_test::outer()));
  const std::string out = names.with_places(std::string("freed by ") + address + ", once");
  EXPECT_EQ(out.find("freed by symbols_test::inlined  "), 0) << out;
  EXPECT_NE(out.find(" < symbols_test::outer  "), std::string::npos) << out;
  EXPECT_TRUE(out.ends_with(", once")) << out;
  EXPECT_EQ(names.with_places("no @0xg here"), "no @0xg here");
}

TEST(symbols_test, a_function_is_told_without_parameters_and_result) {
  EXPECT_EQ(function_name("_ZN3app1fEiPKc"), "app::f");
  EXPECT_EQ(function_name("_ZN3app4makeIiEENS_3boxIT_EEv"), "app::make<int>");
  EXPECT_EQ(function_name("_ZN3app1acvbEv"), "app::a::operator bool");
  EXPECT_EQ(function_name("_ZN3applsIiEERNS_1sES2_T_"), "app::operator<< <int>");
  EXPECT_EQ(function_name("_ZNK3app1a1gEv"), "app::a::g");
  EXPECT_EQ(function_name("_ZN3app12_GLOBAL__N_11fEv"), "app::(anonymous namespace)::f");
  EXPECT_EQ(function_name("main"), "main");
}

TEST(symbols_test, the_library_itself_says_nothing_of_a_holder) {
  for (const char* each :
       {"lastout::unchecked::external<a>::external", "lastout::checked_ledger::kref<a>::put",
        "lastout::ledger::taken", "std::thread::_Invoker<a>", "__libc_start_main", "__clone3",
        "libstdc++.so.6+0xd44a2"})
    EXPECT_TRUE(says_nothing(each)) << each;
  for (const char* each :
       {"lastout::vfs::file::read", "lastout::ledger_reader::read", "main", "app::std_like"})
    EXPECT_FALSE(says_nothing(each)) << each;
}

}  // namespace
