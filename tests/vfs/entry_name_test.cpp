// entry_name_test.cpp - names that are compared, and compared while they are changed.

#include "caches_fixture.hpp"

#include <string>
#include <thread>
#include <vector>

namespace lastout::vfs {
namespace {

class entry_name_test : public caches_fixture {
 protected:
  void TearDown() override {
    here.put();
    there.put();
    caches_fixture::TearDown();
  }
  external<dentry> directory() { return all.dentries.make_root(*super, {}); }

  external<dentry> here = directory();
  external<dentry> there = directory();
};

// Lengths about a word's, about the longest one that is compared without a lock, and the longest.
constexpr std::size_t lengths[] = {1, 7, 8, 9, 15, 16, 17, 31, 32, 33, 40, 254, 255};

TEST_F(entry_name_test, a_name_is_itself_and_no_other) {
  for (const std::size_t length : lengths) {
    const std::string text(length, 'n');
    const entry_name name(here, text);
    EXPECT_TRUE(name.is(here.address(), text)) << length;
    EXPECT_EQ(name.text(), text);
    EXPECT_EQ(name.directory(), here);
    EXPECT_EQ(name.hash(), entry_name::hash_of(here.address(), text));
    EXPECT_FALSE(name.is(there.address(), text)) << length;
    EXPECT_FALSE(name.is(here.address(), text + "n")) << length;
    EXPECT_FALSE(name.is(here.address(), text.substr(1))) << length;
    for (std::size_t i = 0; i < length; ++i) {
      std::string other = text;
      other[i] = 'm';
      EXPECT_FALSE(name.is(here.address(), other)) << "byte " << i << " of " << length;
    }
  }
}

TEST_F(entry_name_test, bytes_above_127_and_zeros_are_bytes_of_a_name) {
  const std::string text("\377\200\0x\0", 5);
  const entry_name name(here, text);
  EXPECT_TRUE(name.is(here.address(), text));
  EXPECT_EQ(name.text(), text);
  EXPECT_FALSE(name.is(here.address(), text.substr(0, 4)));
}

TEST_F(entry_name_test, two_that_say_the_same_are_the_same) {
  for (const std::size_t length : lengths) {
    const std::string text(length, 'n');
    const entry_name name(here, text);
    EXPECT_TRUE(name.is(entry_name(here, text)));
    EXPECT_FALSE(name.is(entry_name(there, text)));
    EXPECT_FALSE(name.is(entry_name(here, text.substr(1) + "m")));
  }
}

TEST_F(entry_name_test, a_change_gives_back_the_directory_and_all_that_was_taken) {
  entry_name name(here, "short");
  EXPECT_EQ(name.bytes_besides(), 0u);
  const std::uint32_t before = there->references();
  const std::string text(100, 'l');
  entry_name::change now = entry_name::prepare(there, text);
  name.take_on(now);
  EXPECT_EQ(now.directory, here);
  EXPECT_EQ(there->references(), before + 1);
  EXPECT_TRUE(name.is(there.address(), text));
  EXPECT_EQ(name.bytes_besides(), text.size());
  now = entry_name::prepare(here, "shorter");
  name.take_on(now);
  EXPECT_TRUE(name.is(here.address(), "shorter"));
  EXPECT_EQ(name.text(), "shorter");
  EXPECT_EQ(name.bytes_besides(), 0u);
}

// Edges (1) -> (2) and (3) -> (4): half of one name and half of another one is neither.
TEST_F(entry_name_test, who_compares_during_a_change_sees_no_mixture) {
  for (const std::size_t length : {std::size_t{20}, std::size_t{32}, std::size_t{50}}) {
    const std::string a(length, 'a');
    const std::string b(length, 'b');
    std::string mixed = a;
    mixed.replace(length / 2, length - length / 2, b, length / 2);
    entry_name name(here, a);
    atomic<bool> stop{false};
    atomic<int> met{0};
    std::vector<std::thread> readers;
    for (int i = 0; i < 2; ++i) {
      readers.emplace_back([&] {
        while (!stop.load(order::relaxed)) {
          EXPECT_FALSE(name.is(here.address(), b));
          EXPECT_FALSE(name.is(there.address(), a));
          EXPECT_FALSE(name.is(here.address(), mixed));
          EXPECT_FALSE(name.is(there.address(), mixed));
          const std::string text = name.text();
          EXPECT_TRUE(text == a || text == b) << text;
          if (name.is(here.address(), a) || name.is(there.address(), b))
            met.fetch_add(1, order::relaxed);
        }
      });
    }
    for (int i = 0; i < 20000 || met.load(order::relaxed) < 100; ++i) {
      entry_name::change now =
          i % 2 == 0 ? entry_name::prepare(there, b) : entry_name::prepare(here, a);
      name.take_on(now);
    }
    stop.store(true, order::relaxed);
    for (std::thread& each : readers) each.join();
  }
}

}  // namespace
}  // namespace lastout::vfs
