// files_test.cpp - open files, their content, and what is left of it when the caches are dropped.

#include "fixture.hpp"

#include <random>

#include <unistd.h>

namespace lastout::vfs {
namespace {

class files_test : public vfs_test {};

TEST_F(files_test, what_was_written_is_read) {
  put_file("/f", "hello");
  EXPECT_EQ(get_file("/f"), "hello");
  EXPECT_EQ(fs.stat(*self, "/f")->size, 5u);
}

TEST_F(files_test, open_answers_as_posix_says) {
  put_file("/f", "x");
  ASSERT_TRUE(fs.mkdir(*self, "/d"));
  ASSERT_TRUE(fs.symlink(*self, "/f", "/s"));
  ASSERT_TRUE(fs.symlink(*self, "/made", "/dangling"));
  EXPECT_EQ(fs.open(*self, "/none", O_RDONLY).error(), ENOENT);
  EXPECT_EQ(fs.open(*self, "/f", O_CREAT | O_EXCL | O_WRONLY).error(), EEXIST);
  EXPECT_EQ(fs.open(*self, "/s", O_CREAT | O_EXCL | O_WRONLY).error(), EEXIST);
  EXPECT_EQ(fs.open(*self, "/s", O_RDONLY | O_NOFOLLOW).error(), ELOOP);
  EXPECT_EQ(fs.open(*self, "/d", O_WRONLY).error(), EISDIR);
  EXPECT_EQ(fs.open(*self, "/d", O_CREAT | O_WRONLY).error(), EISDIR);
  EXPECT_EQ(fs.open(*self, "/f", O_RDONLY | O_DIRECTORY).error(), ENOTDIR);
  EXPECT_EQ(fs.open(*self, "/f/", O_RDONLY).error(), ENOTDIR);
  EXPECT_EQ(fs.open(*self, "/new/", O_CREAT | O_WRONLY).error(), EISDIR);
  EXPECT_EQ(fs.open(*self, "/new", O_CREAT | O_DIRECTORY | O_WRONLY).error(), EINVAL);
  EXPECT_EQ(fs.stat(*self, "/new").error(), ENOENT) << "nothing is made";
  const auto made = fs.open(*self, "/dangling", O_CREAT | O_WRONLY);
  ASSERT_TRUE(made);
  EXPECT_TRUE(fs.stat(*self, "/made"));
  ASSERT_TRUE(fs.close(*self, *made));
  EXPECT_EQ(fs.close(*self, *made).error(), EBADF);
  EXPECT_EQ(fs.close(*self, -1).error(), EBADF);
}

TEST_F(files_test, access_modes_and_kinds_are_checked) {
  put_file("/f", "abc");
  std::byte one[1];
  const int r = *fs.open(*self, "/f", O_RDONLY);
  const int w = *fs.open(*self, "/f", O_WRONLY);
  const int d = *fs.open(*self, "/", O_RDONLY);
  EXPECT_EQ(fs.write(*self, r, bytes("x")).error(), EBADF);
  EXPECT_EQ(fs.read(*self, w, one).error(), EBADF);
  EXPECT_EQ(fs.read(*self, d, one).error(), EISDIR);
  EXPECT_EQ(fs.ftruncate(*self, r, 0).error(), EINVAL);
  EXPECT_EQ(fs.read(*self, 99, one).error(), EBADF);
  EXPECT_EQ(fs.truncate(*self, "/", 0).error(), EISDIR);
  EXPECT_EQ(fs.truncate(*self, "/f", file_size_max + 1).error(), EFBIG);
}

TEST_F(files_test, position_append_and_seek) {
  put_file("/f", "0123456789");
  const int fd = *fs.open(*self, "/f", O_RDWR);
  char got[4];
  EXPECT_EQ(*fs.read(*self, fd, std::as_writable_bytes(std::span(got))), 4u);
  EXPECT_EQ(std::string(got, 4), "0123");
  EXPECT_EQ(*fs.lseek(*self, fd, -1, SEEK_CUR), 3u);
  EXPECT_EQ(*fs.write(*self, fd, bytes("X")), 1u);
  EXPECT_EQ(*fs.lseek(*self, fd, 2, SEEK_END), 12u);
  EXPECT_EQ(fs.lseek(*self, fd, -13, SEEK_END).error(), EINVAL);
  EXPECT_EQ(*fs.write(*self, fd, bytes("!")), 1u);
  EXPECT_EQ(get_file("/f"), std::string("012X456789\0\0!", 13));
  const int end = *fs.open(*self, "/f", O_WRONLY | O_APPEND);
  EXPECT_EQ(*fs.write(*self, end, bytes("?")), 1u);
  EXPECT_EQ(fs.fstat(*self, end)->size, 14u);
  const int same = *fs.dup(*self, fd);
  EXPECT_EQ(*fs.lseek(*self, same, 0, SEEK_CUR), 13u) << "one position for both";
}

TEST_F(files_test, what_appends_nothing_moves_nothing) {
  put_file("/f", "0123");
  const int fd = *fs.open(*self, "/f", O_RDWR | O_APPEND);
  EXPECT_EQ(*fs.write(*self, fd, {}), 0u);
  EXPECT_EQ(*fs.lseek(*self, fd, 0, SEEK_CUR), 0u);
  ASSERT_TRUE(fs.ftruncate(*self, fd, file_size_max));
  EXPECT_EQ(fs.write(*self, fd, bytes("x")).error(), EFBIG);
  EXPECT_EQ(*fs.lseek(*self, fd, 0, SEEK_CUR), 0u) << "the write has failed";
}

TEST_F(files_test, what_appends_does_so_wherever_it_is_asked_to_write) {
  put_file("/f", "0123");
  const int fd = *fs.open(*self, "/f", O_RDWR | O_APPEND);
  EXPECT_EQ(*fs.pwrite(*self, fd, bytes("45"), 1), 2u);
  EXPECT_EQ(get_file("/f"), "012345");
  EXPECT_EQ(*fs.lseek(*self, fd, 0, SEEK_CUR), 0u);
}

TEST_F(files_test, what_has_no_room_is_written_in_part) {
  put_file("/f", "");
  const int fd = *fs.open(*self, "/f", O_RDWR | O_APPEND);
  ASSERT_TRUE(fs.ftruncate(*self, fd, file_size_max - 1));
  EXPECT_EQ(*fs.write(*self, fd, bytes("xy")), 1u);
  EXPECT_EQ(*fs.lseek(*self, fd, 0, SEEK_CUR), file_size_max);
  EXPECT_EQ(fs.write(*self, fd, bytes("y")).error(), EFBIG);
  EXPECT_EQ(*fs.lseek(*self, fd, 0, SEEK_CUR), file_size_max);
  EXPECT_EQ(fs.fstat(*self, fd)->size, file_size_max);
  char last = 0;
  EXPECT_EQ(*fs.pread(*self, fd, std::as_writable_bytes(std::span(&last, 1)), file_size_max - 1),
            1u);
  EXPECT_EQ(last, 'x');
}

TEST_F(files_test, truncate_cuts_and_what_grows_back_is_zero) {
  put_file("/f", std::string(10000, 'a'));
  ASSERT_TRUE(fs.truncate(*self, "/f", 5));
  ASSERT_TRUE(fs.truncate(*self, "/f", 9000));
  EXPECT_EQ(get_file("/f"), "aaaaa" + std::string(8995, '\0'));
  fs.shrink(0);
  EXPECT_EQ(get_file("/f"), "aaaaa" + std::string(8995, '\0'));
  ASSERT_TRUE(fs.close(*self, *fs.open(*self, "/f", O_WRONLY | O_TRUNC)));
  EXPECT_EQ(get_file("/f"), "");
}

TEST_F(files_test, open_but_unlinked_stays_readable) {
  put_file("/f", "still here");
  const int fd = *fs.open(*self, "/f", O_RDWR);
  ASSERT_TRUE(fs.unlink(*self, "/f"));
  EXPECT_EQ(fs.stat(*self, "/f").error(), ENOENT);
  EXPECT_EQ(fs.fstat(*self, fd)->links, 0u);
  fs.shrink(0);
  EXPECT_EQ(get_open(*self, fd), "still here");
  EXPECT_EQ(*fs.pwrite(*self, fd, bytes("STILL"), 0), 5u);
  put_file("/f", "another");
  EXPECT_EQ(get_open(*self, fd), "STILL here");
  const std::uint64_t freed = row("inode").freed;
  ASSERT_TRUE(fs.close(*self, fd));
  EXPECT_EQ(row("inode").freed, freed + 1) << "the last one out deletes it";
  EXPECT_EQ(get_file("/f"), "another");
}

TEST_F(files_test, everything_survives_dropped_caches) {
  std::mt19937 random(7);
  std::vector<std::string> contents;
  for (int i = 0; i < 40; ++i) {
    std::string text(random() % 20000, '\0');
    for (char& c : text) c = static_cast<char>(random());
    put_file("/f" + std::to_string(i), text);
    contents.push_back(std::move(text));
  }
  ASSERT_TRUE(fs.link(*self, "/f1", "/second"));
  fs.shrink(0);
  EXPECT_LE(row("inode").alive, 2u);
  EXPECT_EQ(row("page").alive, 0u);
  EXPECT_EQ(row("buffer").alive, 0u);
  for (int i = 0; i < 40; ++i) {
    EXPECT_EQ(get_file("/f" + std::to_string(i)), contents[static_cast<std::size_t>(i)]);
  }
  EXPECT_EQ(fs.stat(*self, "/f1")->links, 2u);
}

TEST_F(files_test, sparse_files_cost_what_was_written) {
  const int fd = *fs.create(*self, "/sparse");
  EXPECT_EQ(*fs.pwrite(*self, fd, bytes("end"), std::uint64_t{1} << 35), 3u);
  EXPECT_EQ(fs.fstat(*self, fd)->size, (std::uint64_t{1} << 35) + 3);
  fs.sync();
  EXPECT_LE(fs.usage().store_bytes, 2 * page_bytes);
  EXPECT_EQ(fs.pwrite(*self, fd, bytes("x"), file_size_max).error(), EFBIG);
}

TEST_F(files_test, a_process_may_have_so_many_files) {
  put_file("/f", "");
  for (int i = 0; i < files_open_max; ++i) ASSERT_EQ(*fs.open(*self, "/f", O_RDONLY), i);
  EXPECT_EQ(fs.open(*self, "/f", O_RDONLY).error(), EMFILE);
  EXPECT_EQ(fs.open(*self, "/new", O_CREAT | O_WRONLY).error(), EMFILE);
  EXPECT_EQ(fs.stat(*self, "/new").error(), ENOENT) << "nothing is made for whom there is no room";
  ASSERT_TRUE(fs.close(*self, 17));
  EXPECT_EQ(*fs.open(*self, "/f", O_RDONLY), 17) << "the lowest free one";
}

TEST_F(files_test, an_open_that_fails_keeps_no_descriptor) {
  put_file("/f", "");
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(fs.open(*self, "/none", O_RDONLY).error(), ENOENT);
    EXPECT_EQ(fs.open(*self, "/f/new", O_CREAT | O_WRONLY).error(), ENOTDIR);
  }
  EXPECT_EQ(*fs.open(*self, "/f", O_RDONLY), 0);
  EXPECT_EQ(*fs.dup(*self, 0), 1);
  EXPECT_EQ(fs.open(*self, "/none", O_RDONLY).error(), ENOENT);
  const external<process> child = *fs.spawn(*self);
  EXPECT_EQ(*fs.open(*child, "/f", O_RDONLY), 2) << "it inherits two";
  ASSERT_TRUE(fs.destroy(*child));
}

class budget_test : public vfs_test {
 protected:
  budget_test() : vfs_test({.budget_bytes = 512 * 1024, .quarantine_bytes = 64 * 1024}) {}
};

TEST_F(budget_test, cached_objects_stay_near_the_budget) {
  const std::string text(3000, 't');
  std::size_t most = 0;
  for (int i = 0; i < 1000; ++i) {
    put_file("/f" + std::to_string(i), text);
    most = std::max(most, fs.usage().cached_bytes);
  }
  EXPECT_LT(most, std::size_t{640} * 1024);
  EXPECT_GT(row("page").evicted, 100u);
  EXPECT_GT(row("dentry").evicted, 100u);
  EXPECT_GT(row("inode").evicted, 100u);
  for (int i = 0; i < 1000; i += 37) EXPECT_EQ(get_file("/f" + std::to_string(i)), text);
}

TEST_F(budget_test, what_is_in_use_is_never_evicted) {
  std::vector<int> open;
  for (int i = 0; i < 50; ++i) {
    put_file("/f" + std::to_string(i), "mine");
    open.push_back(*fs.open(*self, "/f" + std::to_string(i), O_RDONLY));
  }
  const std::uint64_t before = row("inode").alive;
  fs.shrink(0);
  EXPECT_GE(row("inode").alive, 51u);
  EXPECT_LE(row("inode").alive, before);
  for (const int fd : open) EXPECT_EQ(get_open(*self, fd), "mine");
}

TEST_F(budget_test, a_file_larger_than_the_budget_passes_through) {
  std::string text(2 * 1024 * 1024, '\0');
  for (std::size_t i = 0; i < text.size(); ++i) text[i] = static_cast<char>(i * 31 >> 8);
  put_file("/large", text);
  EXPECT_LT(fs.usage().cached_peak, std::size_t{768} * 1024);
  EXPECT_EQ(get_file("/large"), text);
}

}  // namespace
}  // namespace lastout::vfs
