// dump_reader_test.cpp - what a dump says is what is read; what is no whole dump is refused, with
// the line that is to blame.

#include <gtest/gtest.h>

#include <unistd.h>

#include <cstdio>
#include <string>

#include <ledger/dump_reader.hpp>

#include "dump_text.hpp"

namespace {

using namespace lastout::ledger_reader;
using ledger_reader_test::dump_text;

std::string refused(const std::string& text) {
  try {
    read_dump(text, "a.dump");
  } catch (const bad_dump& wrong) {
    return wrong.what();
  }
  return "not refused";
}

void expect_refused(const std::string& text, std::initializer_list<const char*> said) {
  const std::string what = refused(text);
  for (const char* each : said) EXPECT_NE(what.find(each), std::string::npos) << what;
}

TEST(dump_reader_test, an_error_quotes_words_without_what_a_terminal_obeys) {
  const std::string obeyed = "\x1b]0;title\x07\x7f" + std::string(200, 'x');
  for (const std::string& line :
       {"type " + obeyed + " 1 1 a", "object 1 " + obeyed, "missed 1 " + obeyed,
        "thread 1 1 " + obeyed + " a", "object 1 0x1 - idle " + obeyed,
        "object 1 0x1 - idle part - - -\nref - 1 - - " + obeyed}) {
    const std::string what = refused(dump_text().line(line).line("end 0 0").so_far());
    EXPECT_NE(what.find("?]0;title??xxx"), std::string::npos) << what;
    for (const char each : what) EXPECT_TRUE(each >= ' ' && each != '\x7f') << what;
    EXPECT_LT(what.size(), 300U) << what;
  }
}

TEST(dump_reader_test, each_line_is_what_it_says) {
  const dump read = read_dump(dump_text()
                                  .line("forked 4700 300")
                                  .line("settings types=inode,stacks=12")
                                  .line("module 0x1000 0x3000 0x400 abcdef /usr/bin/a server")
                                  .line("module 0x7000 0x8000 0x0 - linux-vdso.so.1")
                                  .type(3, "app::inode", 96, 10)
                                  .line("count 3 9 8 70 60 5 4 2")
                                  .line("object 3 0xabc0 2 live whole 500 7 21")
                                  .line("edge 0xabc0 0xdef0")
                                  .line("ref 7 600 21 1 active 0x7ffe10 0xdd00")
                                  .line("did 601 7 21 got 0x7ffe10")
                                  .line("did 602 - - put 0x0")
                                  .line("object 3 0xdef0 - idle part - - -")
                                  .line("dead 3 0xee00 1 7 21 2 - 22")
                                  .line("tag 1 read ahead")
                                  .line("thread 7 4720 runs worker 3")
                                  .stack(21, {0x1111, 0x2222})
                                  .stack(22, {})
                                  .line("missed 5")
                                  .line("end 2 1")
                                  .so_far(),
                              "a.dump");
  EXPECT_EQ(read.pid, 4711);
  EXPECT_EQ(read.now_ns, 1'000'000'000'000);
  EXPECT_EQ(read.real_ns, 1'700'000'000'000'000'000);
  EXPECT_EQ(read.program, "/usr/bin/server");
  EXPECT_EQ(read.forked_from, 4700);
  EXPECT_EQ(read.forked_ns, 300);
  EXPECT_EQ(read.settings, "types=inode,stacks=12");
  EXPECT_EQ(read.missed, 5);
  ASSERT_EQ(read.modules.size(), 2);
  EXPECT_EQ(read.modules[0].begin, 0x1000);
  EXPECT_EQ(read.modules[0].end, 0x3000);
  EXPECT_EQ(read.modules[0].offset, 0x400);
  EXPECT_EQ(read.modules[0].build_id, "abcdef");
  EXPECT_EQ(read.modules[0].path, "/usr/bin/a server");
  EXPECT_EQ(read.modules[1].build_id, "");

  ASSERT_EQ(read.types.size(), 1);
  EXPECT_EQ(read.types[0].name, "app::inode");
  EXPECT_EQ(read.types[0].size, 96);
  EXPECT_EQ(read.types[0].share, 10);
  EXPECT_EQ(read.types[0].born, 9);
  EXPECT_EQ(read.types[0].released, 8);
  EXPECT_EQ(read.types[0].gets, 70);
  EXPECT_EQ(read.types[0].puts, 60);
  EXPECT_EQ(read.types[0].refused, 5);
  EXPECT_EQ(read.types[0].resurrected, 4);
  EXPECT_EQ(read.types[0].killed, 2);

  ASSERT_EQ(read.objects.size(), 2);
  const object& first = read.objects[0];
  EXPECT_EQ(first.type, 0);
  EXPECT_EQ(first.address, 0xabc0);
  EXPECT_EQ(first.references, 2);
  EXPECT_EQ(first.state, "live");
  EXPECT_TRUE(first.whole);
  EXPECT_EQ(first.born_ns, 500);
  EXPECT_EQ(first.keeps, std::vector<std::uint64_t>{0xdef0});
  ASSERT_EQ(first.held.size(), 1);
  EXPECT_EQ(first.held[0].since_ns, 600);
  EXPECT_EQ(first.held[0].kind, reference_kind::active);
  EXPECT_EQ(first.held[0].where, 0x7ffe10);
  EXPECT_EQ(first.held[0].owner, 0xdd00);
  EXPECT_EQ(read.tags.at(first.held[0].tag), "read ahead");
  EXPECT_EQ(read.threads.at(first.held[0].thread).name, "worker 3");
  EXPECT_EQ(read.threads.at(first.held[0].thread).tid, 4720);
  EXPECT_TRUE(read.threads.at(first.held[0].thread).runs);
  EXPECT_EQ(read.stacks.at(first.held[0].stack), (std::vector<std::uint64_t>{0x1111, 0x2222}));
  EXPECT_EQ(read.stacks.at(first.born_stack), read.stacks.at(first.held[0].stack));
  ASSERT_EQ(first.history.size(), 2);
  EXPECT_EQ(first.history[0].what, deed::got);
  EXPECT_EQ(first.history[1].what, deed::put);
  EXPECT_EQ(first.history[1].thread, none);
  EXPECT_FALSE(read.objects[1].references.has_value());
  EXPECT_FALSE(read.objects[1].whole);
  EXPECT_EQ(read.objects[1].born_stack, none);

  ASSERT_EQ(read.dead.size(), 1);
  EXPECT_EQ(read.dead[0].address, 0xee00);
  EXPECT_EQ(read.dead[0].died_ns, 2);
  EXPECT_EQ(read.dead[0].died_thread, none);
  EXPECT_TRUE(read.stacks.at(read.dead[0].died_stack).empty());
}

TEST(dump_reader_test, free_text_comes_back_as_it_was) {
  const dump read =
      read_dump(dump_text().tag(1, R"(a\\n b\nc  \\)").line("settings ").whole(), "a.dump");
  EXPECT_EQ(read.tags.at(0), "a\\n b\nc  \\");
  EXPECT_EQ(read.settings, "");
}

TEST(dump_reader_test, a_line_of_a_later_version_is_skipped) {
  EXPECT_EQ(read_dump(dump_text().line("colour 1 red").whole(), "a.dump").objects.size(), 0);
}

TEST(dump_reader_test, numbers_may_have_gaps_and_be_large) {
  const dump read = read_dump(dump_text()
                                  .type(4'000'000'000, "a")
                                  .object(4'000'000'000, 0x10, "1")
                                  .ref("18446744073709551615")
                                  .line("stack 18446744073709551615 0x1")
                                  .whole(),
                              "a.dump");
  EXPECT_EQ(read.stacks.at(read.objects.at(0).held.at(0).stack).at(0), 1);
}

TEST(dump_reader_test, every_dump_that_is_cut_off_is_refused) {
  const std::string whole =
      dump_text().type(1, "a").object(1, 0x10, "1").ref("-").object(1, 0x20, "0").whole();
  ASSERT_EQ(read_dump(whole, "a.dump").objects.size(), 2);
  for (std::size_t length = 0; length < whole.size(); ++length)
    EXPECT_NE(refused(whole.substr(0, length)), "not refused") << length;
  expect_refused(whole.substr(0, whole.size() - 1),
                 {"'a.dump', line 7", "cut off", "take another"});
  expect_refused("", {"'a.dump' is empty"});
}

TEST(dump_reader_test, another_format_is_refused) {
  expect_refused("hello\nend 0 0\n", {"line 1", "'hello'", "no dump", "lastout dump PID"});
  expect_refused("lastout-ledger 2\nend 0 0\n", {"line 1", "version '2'", "reads version 1"});
  expect_refused(std::string("\0\1\2 binary", 10), {"no dump"});
}

TEST(dump_reader_test, counts_that_do_not_agree_are_refused) {
  const std::string text = dump_text().type(1, "a").object(1, 0x10, "1").ref("-").so_far();
  expect_refused(text + "end 2 1\n", {"line 6", "promises 2 objects", "there are 1 with 1"});
  expect_refused(text + "end 1 0\n", {"line 6", "0 references"});
  expect_refused(text + "end 1 1\nend 1 1\n", {"line 7", "after the end"});
  expect_refused(text + "end one 1\n", {"line 6", "'one'", "decimal"});
}

TEST(dump_reader_test, what_is_no_number_is_refused_with_its_line) {
  const auto with = [](const std::string& line) {
    return dump_text().type(1, "a").line(line).whole();
  };
  expect_refused(with("object 1 10 1 live whole - - -"), {"line 4", "address is '10'", "0x"});
  expect_refused(with("object 1 0xzz 1 live whole - - -"), {"line 4", "hexadecimal"});
  expect_refused(with("object 1 0x10000000000000000 1 live whole - - -"), {"64 bits"});
  expect_refused(with("object 1 0x10 4294967296 live whole - - -"), {"references is too large"});
  expect_refused(with("object 1 0x10 -1 live whole - - -"), {"'-1'"});
  expect_refused(with("object 1 0x10 1 live half - - -"), {"'half'", "'whole' or 'part'"});
  expect_refused(with("object 1 0x10 1 live whole - -"), {"stack is missing"});
  expect_refused(with("object 1  1 live whole - - -"), {"address is empty"});
  expect_refused(with("object 1 0x10 1 live whole - - - more"), {"more words", "'more'"});
  expect_refused(with("thread 1 7 sleeps x"), {"'sleeps'"});
  expect_refused(with("tag 1 a\\tb"), {"'\\'"});
  expect_refused(with("tag 1 a\\"), {"'\\'"});
  expect_refused(with("module 0x20 0x10 0x0 - x"), {"ends before it begins"});
}

TEST(dump_reader_test, what_belongs_to_an_object_needs_one) {
  expect_refused(dump_text().ref("-").whole(), {"line 3", "before any object"});
  expect_refused(dump_text().line("edge 0x1 0x2").whole(), {"before any object"});
  expect_refused(dump_text().line("did 1 - - got 0x0").whole(), {"before any object"});
  expect_refused(dump_text().type(1, "a").object(1, 0x10, "1").line("edge 0x11 0x2").whole(),
                 {"line 5", "another object"});
}

TEST(dump_reader_test, unknown_kinds_and_deeds_are_refused) {
  const dump_text object = dump_text().type(1, "a").object(1, 0x10, "1");
  expect_refused(dump_text(object).ref("-", "-", "borrowed").whole(), {"line 5", "'borrowed'"});
  expect_refused(dump_text(object).line("did 1 - - lost 0x0").whole(), {"line 5", "'lost'"});
}

TEST(dump_reader_test, what_is_named_must_be_said) {
  const dump_text object = dump_text().type(1, "a").object(1, 0x10, "1");
  expect_refused(dump_text(object).ref("9").whole(), {"line 5", "stack 9", "no line says"});
  expect_refused(dump_text(object).ref("-", "8").whole(), {"line 5", "tag 8"});
  expect_refused(dump_text().object(2, 0x10, "1").whole(), {"line 3", "type 2"});
  expect_refused(dump_text().type(1, "a").type(1, "b").whole(), {"line 4", "taken before"});
  expect_refused("lastout-ledger 1\nend 0 0\n", {"no 'process' line"});
}

TEST(dump_reader_test, a_file_that_cannot_be_read_is_told_with_its_reason) {
  for (const auto& [path, why] :
       {std::pair{"/nonexistent/a.dump", "No such file"}, std::pair{"/", "a directory"}}) {
    try {
      read_dump_file(path);
      ADD_FAILURE() << path;
    } catch (const bad_dump& wrong) {
      EXPECT_NE(std::string(wrong.what()).find(why), std::string::npos) << wrong.what();
    }
  }
}

TEST(dump_reader_test, a_file_of_any_length_is_read_whole) {
  const std::string path =
      testing::TempDir() + "lastout_dump_reader_test." + std::to_string(getpid());
  for (const std::size_t letters : {1U, 65'000U, 66'000U, 300'000U}) {
    std::FILE* const file = std::fopen(path.c_str(), "w");
    ASSERT_NE(file, nullptr);
    const std::string text = dump_text().tag(1, std::string(letters, 'x')).whole();
    ASSERT_EQ(std::fwrite(text.data(), 1, text.size(), file), text.size());
    ASSERT_EQ(std::fclose(file), 0);
    EXPECT_EQ(read_dump_file(path).tags.at(0).size(), letters);
  }
  std::remove(path.c_str());
}

}  // namespace
