// caches_test.cpp - the caches by themselves: the dying twin, one object for one name, and who may
// be evicted.

#include "caches_fixture.hpp"

#include <algorithm>
#include <thread>
#include <vector>

namespace lastout::vfs {
namespace {

class caches_test : public caches_fixture {};

// Rule 35: who asks for a number whose inode is being written back gets what was written.
TEST_F(caches_test, a_look_up_waits_for_the_dying_twin) {
  const ino_number ino = add(file_type::regular);
  constexpr std::size_t length = 64 * page_bytes;
  for (int round = 1; round <= 200; ++round) {
    {
      const external<inode> file = all.inodes.get(*super, ino);
      const std::vector<std::byte> text(length + static_cast<std::size_t>(round),
                                        static_cast<std::byte>(round));
      const std::unique_lock<std::shared_mutex> guard(file->lock());
      std::size_t done = 0;
      ASSERT_EQ(file->write(0, text, done), 0);
    }
    atomic<bool> evicted{false};
    std::thread evictor([&] {
      while (all.inodes.shrink(~std::size_t{0}) == 0) relax();
      evicted.store(true, order::relaxed);
    });
    do {
      relax();
      const external<inode> file = all.inodes.get(*super, ino);
      EXPECT_TRUE(file);
      if (!file) continue;
      std::vector<std::byte> text(length);
      const std::shared_lock<std::shared_mutex> guard(file->lock());
      std::size_t done = 0;
      EXPECT_EQ(file->size(), length + static_cast<std::size_t>(round)) << "round " << round;
      EXPECT_EQ(file->read(0, text, done), 0);
      EXPECT_EQ(std::count(text.begin(), text.end(), static_cast<std::byte>(round)),
                std::ptrdiff_t{length})
          << "round " << round;
    } while (!evicted.load(order::relaxed));
    evictor.join();
  }
}

// Rule 36.
TEST_F(caches_test, all_who_ask_for_one_number_get_one_inode) {
  for (int round = 0; round < 200; ++round) {
    const ino_number ino = add(file_type::regular);
    external<inode> got[4];
    std::vector<std::thread> threads;
    for (external<inode>& mine : got)
      threads.emplace_back([&] { mine = all.inodes.get(*super, ino); });
    for (std::thread& each : threads) each.join();
    for (const external<inode>& each : got) EXPECT_EQ(each, got[0]);
    EXPECT_EQ(got[0]->references(), 4u);
  }
}

TEST_F(caches_test, an_inode_without_links_dies_with_its_last_user_and_takes_its_blocks_along) {
  const ino_number ino = add(file_type::regular);
  external<inode> file = all.inodes.get(*super, ino);
  {
    const std::unique_lock<std::shared_mutex> guard(file->lock());
    std::size_t done = 0;
    ASSERT_EQ(file->write(0, std::vector<std::byte>(3 * page_bytes), done), 0);
    file->write_back();
  }
  EXPECT_EQ(disk.bytes(), 3 * page_bytes);
  file->drop_links();
  const std::uint64_t before = alive(kind::inode);
  file.put();
  EXPECT_EQ(alive(kind::inode), before - 1);
  EXPECT_EQ(alive(kind::page), 0u);
  EXPECT_EQ(disk.bytes(), 0u);
  EXPECT_FALSE(all.inodes.get(*super, ino)) << "the number names nothing any more";
}

// Rule 34: a child that was in use when its directory lost its name does not stay, idle, and pin
// it.
TEST_F(caches_test, a_child_that_outlived_its_parents_name_goes_with_its_last_user) {
  external<dentry> directory =
      all.dentries.add(super->root(), "d", all.inodes.get(*super, add(file_type::directory)));
  external<dentry> used = all.dentries.add(*directory, "used", {});
  (void)all.dentries.add(*directory, "idle", {});
  EXPECT_EQ(alive(kind::dentry), 4u);
  all.dentries.take_name(*directory);
  all.dentries.prune(*directory);
  EXPECT_EQ(alive(kind::dentry), 3u) << "the idle one was pruned";
  directory.put();
  used.put();
  EXPECT_EQ(alive(kind::dentry), 1u) << "the root";
}

// Rule 33: what was used since the hand came by gets a second chance; what is in use is never
// evicted.
TEST_F(caches_test, the_shrinker_takes_only_idle_dentries_that_nobody_looked_up) {
  external<dentry> used = all.dentries.add(super->root(), "used", {});
  (void)all.dentries.add(super->root(), "idle", {});
  while (all.dentries.shrink(~std::size_t{0}) != 0) {
  }
  EXPECT_EQ(alive(kind::dentry), 2u);
  EXPECT_FALSE(all.dentries.find(super->root(), "idle"));
  EXPECT_EQ(all.dentries.find(super->root(), "used"), used);
}

// Rule 32: resurrected, idle again, resurrected: it is found each time.
TEST_F(caches_test, a_dentry_is_revived_as_often_as_it_is_looked_up) {
  const dentry* const address = all.dentries.add(super->root(), "x", {}).address();
  for (int i = 0; i < 100; ++i) EXPECT_EQ(all.dentries.find(super->root(), "x"), address);
  EXPECT_EQ(alive(kind::dentry), 2u);
}

// Three parties: look-ups revive, last puts settle, the shrinker kills.
TEST_F(caches_test, look_up_put_and_shrink_race_for_one_dentry) {
  atomic<bool> stop{false};
  std::thread shrinker([&] {
    while (!stop.load(order::relaxed)) all.dentries.shrink(~std::size_t{0});
  });
  inode& root = *super->root().of();
  std::vector<std::thread> threads;
  for (int t = 0; t < 3; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 5000; ++i) {
        external<dentry> found = all.dentries.find(super->root(), "x");
        if (!found) {
          const std::unique_lock<std::shared_mutex> guard(root.lock());
          found = all.dentries.find(super->root(), "x");
          if (!found) found = all.dentries.add(super->root(), "x", {});
        }
        EXPECT_EQ(found->name(), "x");
        EXPECT_FALSE(found->dead());
      }
    });
  }
  for (std::thread& each : threads) each.join();
  stop.store(true, order::relaxed);
  shrinker.join();
}

// Exercise 4 of the article: a page that somebody reads is not reclaimed; an unused one is frozen
// and goes.
TEST_F(caches_test, pages_in_use_are_not_reclaimed) {
  external<inode> file = all.inodes.get(*super, add(file_type::regular));
  {
    const std::unique_lock<std::shared_mutex> guard(file->lock());
    std::size_t done = 0;
    ASSERT_EQ(file->write(0, std::vector<std::byte>(8 * page_bytes, std::byte{9}), done), 0);
  }
  EXPECT_EQ(alive(kind::page), 8u);
  EXPECT_EQ(alive(kind::buffer), 32u);
  atomic<bool> stop{false};
  std::thread shrinker([&] {
    while (!stop.load(order::relaxed)) all.pages.shrink(~std::size_t{0});
  });
  for (int i = 0; i < 300; ++i) {
    std::vector<std::byte> text(8 * page_bytes);
    const std::shared_lock<std::shared_mutex> guard(file->lock());
    std::size_t done = 0;
    ASSERT_EQ(file->read(0, text, done), 0);
    EXPECT_EQ(std::count(text.begin(), text.end(), std::byte{9}), std::ptrdiff_t{8 * page_bytes});
  }
  stop.store(true, order::relaxed);
  shrinker.join();
  while (all.pages.shrink(~std::size_t{0}) != 0) {
  }
  EXPECT_EQ(alive(kind::page), 0u);
  EXPECT_EQ(alive(kind::buffer), 0u);
}

}  // namespace
}  // namespace lastout::vfs
