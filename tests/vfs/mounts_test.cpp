// mounts_test.cpp - crossing mounts, busy, lazy and forced unmounts, and devices that are mounted
// again.

#include "fixture.hpp"

#include <algorithm>

namespace lastout::vfs {
namespace {

class mounts_test : public vfs_test {
 protected:
  mounts_test() {
    EXPECT_TRUE(fs.mkdir(*self, "/mnt"));
    EXPECT_TRUE(fs.mkfs("usb"));
    EXPECT_TRUE(fs.mount("usb", "/mnt"));
  }
};

TEST_F(mounts_test, paths_cross_both_ways) {
  put_file("/mnt/f", "on usb");
  EXPECT_NE(fs.stat(*self, "/mnt")->device, fs.stat(*self, "/")->device);
  EXPECT_EQ(fs.stat(*self, "/mnt/..")->ino, fs.stat(*self, "/")->ino);
  EXPECT_EQ(fs.stat(*self, "/mnt/../mnt/f")->device, fs.stat(*self, "/mnt")->device);
  ASSERT_TRUE(fs.mkdir(*self, "/mnt/d"));
  ASSERT_TRUE(fs.chdir(*self, "/mnt/d"));
  EXPECT_EQ(*fs.getcwd(*self), "/mnt/d");
  ASSERT_TRUE(fs.chdir(*self, "../.."));
  EXPECT_EQ(*fs.getcwd(*self), "/");
}

TEST_F(mounts_test, names_do_not_cross) {
  put_file("/f", "x");
  EXPECT_EQ(fs.rename(*self, "/f", "/mnt/f").error(), EXDEV);
  EXPECT_EQ(fs.link(*self, "/f", "/mnt/f").error(), EXDEV);
  EXPECT_EQ(fs.rmdir(*self, "/mnt").error(), EBUSY);
  EXPECT_EQ(fs.rename(*self, "/mnt", "/other").error(), EBUSY);
}

TEST_F(mounts_test, mount_says_what_is_wrong) {
  put_file("/f", "x");
  EXPECT_EQ(fs.mkfs("usb").error(), EEXIST);
  EXPECT_EQ(fs.mount("none", "/mnt").error(), ENODEV);
  EXPECT_EQ(fs.mount("usb", "/mnt").error(), EBUSY);
  EXPECT_EQ(fs.mount("usb", "/").error(), EBUSY);
  EXPECT_EQ(fs.mount("usb", "/none").error(), ENOENT);
  EXPECT_EQ(fs.mount("usb", "/f").error(), ENOTDIR);
  EXPECT_EQ(fs.unmount("/f").error(), EINVAL);
}

TEST_F(mounts_test, a_busy_mount_stays_and_says_who_uses_it) {
  put_file("/mnt/f", "x");
  const int fd = *fs.open(*self, "/mnt/f", O_RDONLY);
  EXPECT_EQ(fs.unmount("/mnt").error(), EBUSY);
  const std::vector<std::string> users = fs.users("/mnt");
  ASSERT_EQ(users.size(), 1u);
  EXPECT_NE(users[0].find("/f"), std::string::npos) << users[0];
  EXPECT_NE(users[0].find("mounts_test.cpp"), std::string::npos) << users[0];
  ASSERT_TRUE(fs.close(*self, fd));
  ASSERT_TRUE(fs.chdir(*self, "/mnt"));
  EXPECT_EQ(fs.unmount("/mnt").error(), EBUSY);
  ASSERT_TRUE(fs.chdir(*self, "/"));
  EXPECT_TRUE(fs.unmount("/mnt"));
  EXPECT_EQ(fs.stat(*self, "/mnt/f").error(), ENOENT);
  EXPECT_EQ(row("superblock").alive, 1u);
}

TEST_F(mounts_test, what_was_written_is_there_when_mounted_again) {
  put_file("/mnt/f", std::string(9000, 'z'));
  ASSERT_TRUE(fs.unmount("/mnt"));
  EXPECT_EQ(row("inode").alive, 2u) << "only the root and /mnt";
  ASSERT_TRUE(fs.mount("usb", "/mnt"));
  EXPECT_EQ(get_file("/mnt/f"), std::string(9000, 'z'));
}

TEST_F(mounts_test, a_lazy_unmount_waits_for_its_last_user) {
  put_file("/mnt/f", "kept");
  const int fd = *fs.open(*self, "/mnt/f", O_RDONLY);
  ASSERT_TRUE(fs.unmount("/mnt", unmount_how::lazy));
  EXPECT_EQ(fs.stat(*self, "/mnt/f").error(), ENOENT);
  EXPECT_EQ(get_open(*self, fd), "kept");
  EXPECT_EQ(row("superblock").alive, 2u);
  ASSERT_TRUE(fs.close(*self, fd));
  EXPECT_EQ(row("superblock").alive, 1u);
  EXPECT_EQ(row("mount").alive, 1u);
}

TEST_F(mounts_test, a_lazy_unmount_takes_what_is_on_top_with_it) {
  ASSERT_TRUE(fs.mkdir(*self, "/mnt/in"));
  ASSERT_TRUE(fs.mkfs("third"));
  ASSERT_TRUE(fs.mount("third", "/mnt/in"));
  EXPECT_EQ(fs.unmount("/mnt").error(), EBUSY);
  ASSERT_TRUE(fs.unmount("/mnt", unmount_how::lazy));
  EXPECT_EQ(row("superblock").alive, 1u);
}

TEST_F(mounts_test, a_forced_unmount_revokes_open_files) {
  put_file("/mnt/f", "x");
  put_file("/g", "y");
  const int gone = *fs.open(*self, "/mnt/f", O_RDONLY);
  const int other = *fs.open(*self, "/g", O_RDONLY);
  ASSERT_TRUE(fs.unmount("/mnt", unmount_how::force));
  std::byte one[1];
  EXPECT_EQ(fs.read(*self, gone, one).error(), EIO);
  EXPECT_TRUE(fs.read(*self, other, one));
  EXPECT_EQ(row("superblock").alive, 2u);
  ASSERT_TRUE(fs.close(*self, gone));
  EXPECT_EQ(row("superblock").alive, 1u);
}

TEST_F(mounts_test, one_device_in_two_places_is_one_superblock) {
  ASSERT_TRUE(fs.mkdir(*self, "/again"));
  ASSERT_TRUE(fs.mount("usb", "/again"));
  put_file("/mnt/f", "both");
  EXPECT_EQ(get_file("/again/f"), "both");
  EXPECT_EQ(row("superblock").alive, 2u);
  EXPECT_EQ(fs.rename(*self, "/mnt/f", "/again/g").error(), EXDEV);
  ASSERT_TRUE(fs.unmount("/mnt"));
  EXPECT_EQ(get_file("/again/f"), "both");
}

// Rule 43: a mount after an unmount waits for the stragglers of the previous life.
TEST_F(mounts_test, mounting_again_and_again_under_load_loses_nothing) {
  put_file("/mnt/f", "constant");
  atomic<bool> stop{false};
  atomic<int> seen{0};
  std::thread reader([&] {
    const external<process> by = *fs.spawn(fs.init());
    while (!stop.load(order::relaxed)) {
      const std::string got = get_file(*by, "/mnt/f");
      if (got == "constant") seen.fetch_add(1, order::relaxed);
      // EIO: unmounted by force between open and read.
      if (got != "constant" && got != "errno 2" && got != "errno 5") ADD_FAILURE() << got;
    }
    fs.destroy(*by);
  });
  for (int i = 0; i < 200; ++i) {
    const unmount_how how = i % 3 == 0 ? unmount_how::force : unmount_how::lazy;
    ASSERT_TRUE(fs.unmount("/mnt", how));
    ASSERT_TRUE(fs.mount("usb", "/mnt"));
  }
  stop.store(true, order::relaxed);
  reader.join();
  EXPECT_EQ(get_file("/mnt/f"), "constant");
}

// Whoever starts at the root takes no lock: the mount may be taken off under his feet.
TEST_F(mounts_test, the_top_comes_and_goes_while_others_walk) {
  put_file("/f", "constant");
  ASSERT_TRUE(fs.unmount("/mnt"));
  atomic<bool> stop{false};
  std::vector<std::thread> walkers;
  for (int i = 0; i < 2; ++i) {
    walkers.emplace_back([&] {
      while (!stop.load(order::relaxed)) {
        const auto is = fs.stat(*self, "/f");
        EXPECT_TRUE(is ? is->size == 8u : is.error() == ENOENT) << is.error();
      }
    });
  }
  for (int i = 0; i < 300; ++i) {
    ASSERT_TRUE(fs.unmount("/", unmount_how::lazy));
    EXPECT_EQ(fs.stat(fs.init(), "/f").error(), ENOENT);
    ASSERT_TRUE(fs.mount("disk", "/"));
  }
  stop.store(true, order::relaxed);
  for (std::thread& each : walkers) each.join();
  EXPECT_EQ(get_file("/f"), "constant");
}

}  // namespace
}  // namespace lastout::vfs
