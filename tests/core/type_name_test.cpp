// type_name_test.cpp - a type's name is the same text from g++ and from clang.

#include <cstring>
#include <string_view>

#include <gtest/gtest.h>

#include <lastout/type_name.hpp>

namespace type_name_test_types {
struct inode {};
template <class T, int N>
struct ring {
  struct slot {};
};
}  // namespace type_name_test_types

namespace {

using lastout::type_name;
using namespace type_name_test_types;

struct hidden {};

TEST(type_name_test, names_are_qualified) {
  EXPECT_STREQ(type_name<int>(), "int");
  EXPECT_STREQ(type_name<inode>(), "type_name_test_types::inode");
}

TEST(type_name_test, names_of_templates_are_whole) {
  EXPECT_STREQ((type_name<ring<int, 4>>()), "type_name_test_types::ring<int, 4>");
  EXPECT_STREQ((type_name<ring<int, 4>::slot>()), "type_name_test_types::ring<int, 4>::slot");
  EXPECT_STREQ((type_name<ring<ring<char, 1>, 4>>()),
               "type_name_test_types::ring<type_name_test_types::ring<char, 1>, 4>");
}

TEST(type_name_test, names_of_arrays_keep_their_bounds) {
  const std::string_view name = type_name<int[3]>();
  EXPECT_TRUE(name == "int[3]" || name == "int [3]") << name;
}

TEST(type_name_test, names_of_types_without_linkage_end_in_the_type) {
  const std::string_view name = type_name<hidden>();
  EXPECT_TRUE(name.ends_with("::hidden")) << name;
}

TEST(type_name_test, the_text_is_static_and_one_per_type) {
  EXPECT_EQ(type_name<inode>(), type_name<inode>());
  static_assert(type_name<int>()[0] == 'i' && type_name<int>()[3] == 0);
}

}  // namespace
