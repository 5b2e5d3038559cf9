// differential_test.cpp - the same random operations here and on the host's own filesystem: the
// same answers.

#include "fixture.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <random>

namespace lastout::vfs {
namespace {

int errno_of(long answer) { return answer < 0 ? errno : 0; }

class differential_test : public vfs_test, public ::testing::WithParamInterface<unsigned> {
 protected:
  void SetUp() override {
    std::string made = std::filesystem::temp_directory_path() / "lastout-vfs-XXXXXX";
    ASSERT_NE(::mkdtemp(made.data()), nullptr);
    root_ = made;
    ASSERT_EQ(::mkdir((root_ + "/r").c_str(), 0755), 0);
    root_ += "/r";
    ASSERT_TRUE(fs.mkdir(*self, "/r"));
  }
  void TearDown() override {
    vfs_test::TearDown();
    std::filesystem::remove_all(std::filesystem::path(root_).parent_path());
  }

  // A small name space, so that operations meet: up to four parts, with dots and slashes at the
  // end.
  std::string random_path() {
    static constexpr const char* parts[] = {"a", "b", "c", "d", "e", "l", "m", ".", ".."};
    std::string out;
    const auto depth = random_() % 4 + 1;
    int level = 0;
    for (std::size_t i = 0; i < depth; ++i) {
      const char* part = parts[random_() % (random_() % 4 == 0 ? 9 : 7)];
      if (part[0] == '.' && part[1] == '.' && --level < 0)
        part = "a";  // stay under the root on the host
      out += std::string(i == 0 ? "" : "/") + part;
      if (part[0] != '.') ++level;
    }
    if (random_() % 12 == 0) out += "/";
    return out;
  }
  // Relative, and never above the root, whatever directory it is in.
  std::string random_target() {
    static constexpr const char* targets[] = {"a",   "b",     "l",  "m",   "a/b",
                                              "./c", "b/c/d", "e/", "l/a", "."};
    return targets[random_() % 10];
  }

  std::string host(const std::string& path) const { return root_ + "/" + path; }
  static std::string ours(const std::string& path) { return "/r/" + path; }

  int stat_both(const std::string& path, bool follow, int& here) {
    struct stat there_is = {};
    const int there = errno_of(follow ? ::stat(host(path).c_str(), &there_is)
                                      : ::lstat(host(path).c_str(), &there_is));
    const auto here_is = follow ? fs.stat(*self, ours(path)) : fs.lstat(*self, ours(path));
    here = here_is.error();
    if (there == 0 && here == 0) {
      const file_type type = S_ISDIR(there_is.st_mode)   ? file_type::directory
                             : S_ISLNK(there_is.st_mode) ? file_type::symlink
                                                         : file_type::regular;
      EXPECT_EQ(here_is->type, type) << path;
      if (type != file_type::directory) {  // hosts count directories differently (btrfs: always 1)
        EXPECT_EQ(here_is->links, there_is.st_nlink) << path;
        EXPECT_EQ(here_is->size, static_cast<std::uint64_t>(there_is.st_size)) << path;
      }
    }
    return there;
  }

  int write_both(const std::string& path, int flags, int& here) {
    const std::string text(random_() % 6000, static_cast<char>('a' + random_() % 26));
    const int fd = ::open(host(path).c_str(), flags, 0644);
    const int there = errno_of(fd);
    const auto mine = fs.open(*self, ours(path), flags);
    here = mine.error();
    if (fd >= 0) {
      if ((flags & O_ACCMODE) != O_RDONLY) {
        EXPECT_EQ(::write(fd, text.data(), text.size()), static_cast<ssize_t>(text.size()));
      }
      ::close(fd);
    }
    if (mine) {
      if ((flags & O_ACCMODE) != O_RDONLY) {
        EXPECT_TRUE(fs.write(*self, *mine, bytes(text)));
      }
      EXPECT_TRUE(fs.close(*self, *mine));
    }
    return there;
  }

  void compare_trees(const std::string& below) {
    std::map<std::string, ino_number> here;
    const auto listed = fs.readdir(*self, ours(below));
    ASSERT_TRUE(listed);
    for (const directory_entry& each : *listed) here[each.name] = each.ino;
    std::size_t there = 0;
    for (const auto& each : std::filesystem::directory_iterator(host(below))) {
      ++there;
      const std::string name = each.path().filename();
      const std::string path = below.empty() ? name : below + "/" + name;
      ASSERT_TRUE(here.contains(name)) << path;
      int answer = 0;
      EXPECT_EQ(stat_both(path, false, answer), answer) << path;
      if (each.is_symlink()) {
        EXPECT_EQ(*fs.readlink(*self, ours(path)), std::filesystem::read_symlink(each.path()));
      } else if (each.is_directory()) {
        compare_trees(path);
      } else {
        std::string text;
        if (std::FILE* file = std::fopen(each.path().c_str(), "rb")) {
          char piece[4096];
          while (const std::size_t n = std::fread(piece, 1, sizeof piece, file))
            text.append(piece, n);
          std::fclose(file);
        }
        EXPECT_TRUE(get_file(ours(path)) == text) << path;
      }
    }
    EXPECT_EQ(here.size(), there) << below;
  }

  std::mt19937 random_{GetParam()};
  std::string root_;
};

TEST_P(differential_test, answers_as_the_host_does) {
  static constexpr const char* names[] = {
      "mkdir",  "rmdir", "unlink",   "rename", "link",  "symlink",  "create",   "write",
      "append", "excl",  "truncate", "stat",   "lstat", "readlink", "nofollow", "readdir"};
  for (int step = 0; step < 2500; ++step) {
    const std::string p = random_path();
    const std::string q = random_path();
    const std::string target = random_target();
    const auto what = random_() % 16;
    const std::uint64_t size = random_() % 9000;
    int there = 0;
    int here = 0;
    switch (what) {
      case 0:
        there = errno_of(::mkdir(host(p).c_str(), 0755)), here = fs.mkdir(*self, ours(p)).error();
        break;
      case 1:
        there = errno_of(::rmdir(host(p).c_str())), here = fs.rmdir(*self, ours(p)).error();
        break;
      case 2:
        there = errno_of(::unlink(host(p).c_str())), here = fs.unlink(*self, ours(p)).error();
        break;
      case 3:
        there = errno_of(::rename(host(p).c_str(), host(q).c_str()));
        here = fs.rename(*self, ours(p), ours(q)).error();
        break;
      case 4:
        there = errno_of(::link(host(p).c_str(), host(q).c_str()));
        here = fs.link(*self, ours(p), ours(q)).error();
        break;
      case 5:
        there = errno_of(::symlink(target.c_str(), host(p).c_str()));
        here = fs.symlink(*self, target, ours(p)).error();
        break;
      case 6: there = write_both(p, O_CREAT | O_WRONLY | O_TRUNC, here); break;
      case 7: there = write_both(p, O_WRONLY, here); break;
      case 8: there = write_both(p, O_WRONLY | O_APPEND, here); break;
      case 9: there = write_both(p, O_CREAT | O_EXCL | O_WRONLY, here); break;
      case 10:
        there = errno_of(::truncate(host(p).c_str(), static_cast<off_t>(size)));
        here = fs.truncate(*self, ours(p), size).error();
        break;
      case 11: there = stat_both(p, true, here); break;
      case 12: there = stat_both(p, false, here); break;
      case 13: {
        char into[256];
        there = errno_of(::readlink(host(p).c_str(), into, sizeof into));
        here = fs.readlink(*self, ours(p)).error();
        break;
      }
      case 14: there = write_both(p, O_RDONLY | O_NOFOLLOW, here); break;
      default: {
        DIR* const open = ::opendir(host(p).c_str());
        there = open != nullptr ? 0 : errno;
        if (open != nullptr) ::closedir(open);
        here = fs.readdir(*self, ours(p)).error();
        break;
      }
    }
    ASSERT_EQ(here, there) << "step " << step << ": " << names[what] << " " << p << " " << q << " ("
                           << target << ")";
    if (step % 97 == 0) fs.shrink(0);  // whatever was cached, the answers are the same
    if (step % 500 == 499) {
      ASSERT_NO_FATAL_FAILURE(compare_trees(""));
    }
  }
}

INSTANTIATE_TEST_SUITE_P(seeds, differential_test, ::testing::Values(1u, 2u, 3u, 4u, 5u, 6u));

}  // namespace
}  // namespace lastout::vfs
