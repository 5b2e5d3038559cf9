// concurrency_test.cpp - four threads at once, seeded: no file is lost, links and sizes add up,
// nothing is freed early.

#include "fixture.hpp"

#include <array>
#include <random>

namespace lastout::vfs {
namespace {

constexpr int threads = 4;

#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
constexpr int rounds = 6000;
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer) || __has_feature(address_sanitizer)
constexpr int rounds = 6000;
#else
constexpr int rounds = 20000;
#endif
#else
constexpr int rounds = 20000;
#endif

// Small caches and no quarantine: freed memory goes back at once, where the sanitizers see it.
class concurrency_test : public vfs_test {
 protected:
  concurrency_test() : vfs_test({.budget_bytes = 256 * 1024, .quarantine_bytes = 0}) {}

  /// Evicts as hard as it can while act runs.
  template <class Act>
  void while_shrinking(Act act) {
    atomic<bool> stop{false};
    std::thread shrinker([&] {
      while (!stop.load(order::relaxed)) fs.shrink(0);
    });
    act();
    stop.store(true, order::relaxed);
    shrinker.join();
  }

  // Link counts of all directories, and each inode's names: what a file system check would look at.
  void check_tree(const std::string& path, std::size_t& files) {
    const auto all = fs.readdir(*self, path);
    ASSERT_TRUE(all);
    std::uint32_t directories = 0;
    for (const directory_entry& each : *all) {
      const std::string name = path == "/" ? path + each.name : path + "/" + each.name;
      const auto is = fs.lstat(*self, name);
      ASSERT_TRUE(is) << name << " errno " << is.error();
      EXPECT_EQ(is->ino, each.ino) << name;
      EXPECT_EQ(is->type, each.type) << name;
      if (is->type == file_type::directory) {
        ++directories;
        EXPECT_EQ(fs.stat(*self, name + "/..")->ino, fs.stat(*self, path)->ino) << name;
        check_tree(name, files);
      } else {
        ++files;
      }
    }
    EXPECT_EQ(fs.stat(*self, path)->links, 2 + directories) << path;
  }
};

TEST_F(concurrency_test, look_ups_revive_what_the_shrinker_evicts) {
  ASSERT_TRUE(fs.mkdir(*self, "/d"));
  for (int i = 0; i < 20; ++i)
    put_file("/d/f" + std::to_string(i), std::string(100, static_cast<char>('a' + i)));
  while_shrinking([&] {
    on_threads(threads, [&](int me) {
      std::mt19937 random(static_cast<unsigned>(me));
      const external<process> by = *fs.spawn(fs.init());
      for (int i = 0; i < rounds / 4; ++i) {
        const auto n = random() % 24;
        const std::string path = "/d/f" + std::to_string(n);
        if (n >= 20) {
          EXPECT_EQ(fs.stat(*by, path).error(), ENOENT);
        } else {
          EXPECT_EQ(get_file(*by, path), std::string(100, static_cast<char>('a' + n)));
        }
      }
      fs.destroy(*by);
    });
  });
  EXPECT_GT(row("dentry").resurrected, 0u);
  EXPECT_GT(row("dentry").evicted, 0u);
  EXPECT_GT(row("inode").evicted, 0u);
  EXPECT_GT(row("page").evicted, 0u);
}

// Creates and removes the same names: each inode's number dies while others ask for the name.
TEST_F(concurrency_test, creators_meet_the_dying) {
  while_shrinking([&] {
    on_threads(threads, [&](int me) {
      std::mt19937 random(static_cast<unsigned>(me) + 10);
      const external<process> by = *fs.spawn(fs.init());
      for (int i = 0; i < rounds; ++i) {
        const std::string path = "/n" + std::to_string(random() % 4);
        switch (random() % 4) {
          case 0: {
            const auto fd = fs.open(*by, path, O_CREAT | O_RDWR);
            ASSERT_TRUE(fd);
            EXPECT_TRUE(fs.write(*by, *fd, bytes(path)));
            EXPECT_EQ(get_open(*by, *fd), path);
            EXPECT_TRUE(fs.close(*by, *fd));
            break;
          }
          case 1: {
            const int wrong = fs.unlink(*by, path).error();
            EXPECT_TRUE(wrong == 0 || wrong == ENOENT) << wrong;
            break;
          }
          case 2: {
            const std::string got = get_file(*by, path);
            EXPECT_TRUE(got == path || got.empty() || got == "errno 2") << got;
            break;
          }
          default: {
            const auto is = fs.stat(*by, path);
            EXPECT_TRUE(is || is.error() == ENOENT) << is.error();
            break;
          }
        }
      }
      fs.destroy(*by);
    });
  });
  std::size_t files = 0;
  check_tree("/", files);
}

TEST_F(concurrency_test, renames_lose_no_file) {
  constexpr int dirs = 5;
  constexpr int files = 30;
  for (int d = 0; d < dirs; ++d) ASSERT_TRUE(fs.mkdir(*self, "/d" + std::to_string(d)));
  for (int f = 0; f < files; ++f) {
    put_file("/d" + std::to_string(f % dirs) + "/f" + std::to_string(f),
             "content of " + std::to_string(f));
  }
  while_shrinking([&] {
    on_threads(threads, [&](int me) {
      std::mt19937 random(static_cast<unsigned>(me) + 20);
      const external<process> by = *fs.spawn(fs.init());
      for (int i = 0; i < rounds; ++i) {
        const std::string file = "/f" + std::to_string(random() % files);
        const std::string a = "/d" + std::to_string(random() % dirs);
        const std::string b = "/d" + std::to_string(random() % dirs);
        const int wrong = fs.rename(*by, a + file, b + file).error();
        EXPECT_TRUE(wrong == 0 || wrong == ENOENT) << wrong;
      }
      fs.destroy(*by);
    });
  });
  std::size_t found = 0;
  check_tree("/", found);
  EXPECT_EQ(found, std::size_t{files});
}

// Directories are moved into each other: never into themselves, so the tree stays a tree.
TEST_F(concurrency_test, moving_directories_makes_no_cycle) {
  constexpr int dirs = 8;
  for (int d = 0; d < dirs; ++d) {
    ASSERT_TRUE(fs.mkdir(*self, "/d" + std::to_string(d)));
    put_file("/d" + std::to_string(d) + "/in", std::to_string(d));
  }
  const auto path = [&](std::mt19937& random) {
    std::string out;
    for (auto left = random() % 3 + 1; left != 0; --left)
      out += "/d" + std::to_string(random() % dirs);
    return out;
  };
  on_threads(threads, [&](int me) {
    std::mt19937 random(static_cast<unsigned>(me) + 30);
    const external<process> by = *fs.spawn(fs.init());
    for (int i = 0; i < rounds; ++i) {
      const std::string from = path(random);
      const std::string to = path(random);
      (void)fs.rename(*by, from, to);
      (void)fs.chdir(*by, to);
      (void)fs.stat(*by, "../..");
      (void)fs.getcwd(*by);
    }
    fs.destroy(*by);
  });
  std::size_t found = 0;
  check_tree("/", found);
  EXPECT_EQ(found, std::size_t{dirs}) << "each directory still has its file, and is in the tree";
}

TEST_F(concurrency_test, links_add_up) {
  put_file("/one", "shared");
  atomic<int> made{1};
  on_threads(threads, [&](int me) {
    std::mt19937 random(static_cast<unsigned>(me) + 40);
    const external<process> by = *fs.spawn(fs.init());
    for (int i = 0; i < rounds; ++i) {
      const std::string name = "/l" + std::to_string(random() % 16);
      if (random() % 2 == 0) {
        if (fs.link(*by, "/one", name)) made.fetch_add(1, order::relaxed);
      } else {
        if (fs.unlink(*by, name)) made.fetch_sub(1, order::relaxed);
      }
    }
    fs.destroy(*by);
  });
  EXPECT_EQ(fs.stat(*self, "/one")->links, static_cast<std::uint32_t>(made.load(order::relaxed)));
  EXPECT_EQ(fs.readdir(*self, "/")->size(), static_cast<std::size_t>(made.load(order::relaxed)));
}

TEST_F(concurrency_test, appends_do_not_overlap) {
  put_file("/log", "");
  constexpr int each = 300;
  while_shrinking([&] {
    on_threads(threads, [&](int me) {
      const external<process> by = *fs.spawn(fs.init());
      const int fd = *fs.open(*by, "/log", O_WRONLY | O_APPEND);
      const std::string record(37, static_cast<char>('A' + me));
      for (int i = 0; i < each; ++i) EXPECT_EQ(*fs.write(*by, fd, bytes(record)), record.size());
      fs.destroy(*by);
    });
  });
  const std::string log = get_file("/log");
  ASSERT_EQ(log.size(), std::size_t{threads * each * 37});
  std::array<int, threads> seen{};
  for (std::size_t at = 0; at < log.size(); at += 37) {
    EXPECT_EQ(log.substr(at, 37), std::string(37, log[at]));
    ++seen[static_cast<std::size_t>(log[at] - 'A')];
  }
  for (const int n : seen) EXPECT_EQ(n, each);
}

// mkdir, look up, rmdir in one place: negative children, dead parents, pruning.
TEST_F(concurrency_test, directories_come_and_go_with_their_negative_children) {
  while_shrinking([&] {
    on_threads(threads, [&](int me) {
      std::mt19937 random(static_cast<unsigned>(me) + 50);
      const external<process> by = *fs.spawn(fs.init());
      for (int i = 0; i < rounds; ++i) {
        const std::string dir = "/d" + std::to_string(random() % 3);
        switch (random() % 4) {
          case 0: (void)fs.mkdir(*by, dir); break;
          case 1: (void)fs.rmdir(*by, dir); break;
          case 2:
            (void)fs.mkdir(*by, dir + "/sub");
            (void)fs.rmdir(*by, dir + "/sub");
            break;
          default: EXPECT_FALSE(fs.stat(*by, dir + "/nothing")); break;
        }
      }
      fs.destroy(*by);
    });
  });
  std::size_t files = 0;
  check_tree("/", files);
  fs.shrink(0);
  for (int d = 0; d < 3; ++d) (void)fs.rmdir(*self, "/d" + std::to_string(d));
  fs.shrink(0);
  EXPECT_EQ(row("inode").alive, 1u) << "nothing pins a removed directory";
}

TEST_F(concurrency_test, readers_see_whole_writes_of_unlinked_and_linked_files) {
  put_file("/f", std::string(8000, '0'));
  while_shrinking([&] {
    on_threads(threads, [&](int me) {
      std::mt19937 random(static_cast<unsigned>(me) + 60);
      const external<process> by = *fs.spawn(fs.init());
      for (int i = 0; i < rounds / 8; ++i) {
        const auto fd = fs.open(*by, "/f", O_RDWR);
        if (fd) {
          std::string text(8000, static_cast<char>('0' + random() % 10));
          if (random() % 2 == 0) {
            EXPECT_TRUE(fs.pwrite(*by, *fd, bytes(text), 0));
          }
          EXPECT_TRUE(fs.pread(*by, *fd, std::as_writable_bytes(std::span(text)), 0));
          EXPECT_EQ(text, std::string(8000, text[0]));
          EXPECT_TRUE(fs.close(*by, *fd));
        }
        if (random() % 16 == 0) {
          const std::string other = "/new" + std::to_string(me);
          put_file(*by, other, std::string(8000, 'n'));
          EXPECT_TRUE(fs.rename(*by, other, "/f"));
        }
      }
      fs.destroy(*by);
    });
  });
  EXPECT_EQ(get_file("/f").size(), 8000u);
}

// Somebody finds each child by its number as soon as there is one, and uses it.
TEST_F(concurrency_test, who_is_being_born_is_found_whole_or_not_at_all) {
  put_file("/f", "x");
  constexpr int files = 500;  // which take a while to inherit
  for (int i = 0; i < files; ++i) ASSERT_EQ(*fs.open(*self, "/f", O_RDONLY), i);
  constexpr int children = rounds / 100;
  atomic<pid_number> found{self->pid()};
  std::thread finder([&] {
    const pid_number last = self->pid() + children;
    for (pid_number next = self->pid() + 1; next <= last; ++next) {
      external<process> child;
      while (!child) child = fs.find(next);
      EXPECT_TRUE(fs.lseek(*child, 0, 0, SEEK_CUR)) << "it has inherited";
      const result<int> opened = fs.open(*child, "/f", O_RDONLY);
      EXPECT_TRUE(opened && *opened == files);
      found.store(next, order::relaxed);
    }
  });
  for (int i = 0; i < children; ++i) {
    const external<process> child = *fs.spawn(*self);
    while (found.load(order::relaxed) < child->pid()) std::this_thread::yield();
    fs.destroy(*child);
    EXPECT_TRUE(fs.wait(*self, child->pid()));
  }
  finder.join();
}

}  // namespace
}  // namespace lastout::vfs
