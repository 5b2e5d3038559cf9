// processes_test.cpp - spawn, find, wait, and an end that happens once.

#include "fixture.hpp"

namespace lastout::vfs {
namespace {

class processes_test : public vfs_test {};

TEST_F(processes_test, a_child_has_its_parents_directory_and_files) {
  ASSERT_TRUE(fs.mkdir(*self, "/d"));
  put_file("/d/f", "shared");
  ASSERT_TRUE(fs.chdir(*self, "/d"));
  const int fd = *fs.open(*self, "f", O_RDONLY);
  external<process> child = *fs.spawn(*self);
  EXPECT_EQ(*fs.getcwd(*child), "/d");
  ASSERT_TRUE(fs.close(*self, fd));
  EXPECT_EQ(get_open(*child, fd), "shared");
  EXPECT_TRUE(fs.destroy(*child, 3));
  EXPECT_EQ(*fs.wait(*self, child->pid()), 3);
  EXPECT_EQ(row("file").alive, 0u);
}

TEST_F(processes_test, destroy_is_idempotent_and_the_last_one_out_frees) {
  external<process> child = *fs.spawn(*self);
  const pid_number pid = child->pid();
  EXPECT_TRUE(fs.find(pid));
  EXPECT_TRUE(fs.destroy(*child, 1));
  EXPECT_FALSE(fs.destroy(*child, 2));
  EXPECT_FALSE(fs.find(pid)) << "on its way out";
  EXPECT_EQ(*fs.wait(*self, pid), 1) << "the first status";
  EXPECT_EQ(fs.wait(*self, pid).error(), ECHILD);
  const std::uint64_t freed = row("process").freed;
  child.put();
  EXPECT_EQ(row("process").freed, freed + 1);
  EXPECT_FALSE(fs.destroy(fs.init()));
}

TEST_F(processes_test, a_dead_process_has_no_directory_and_opens_nothing) {
  put_file("/f", "x");
  external<process> child = *fs.spawn(*self);
  fs.destroy(*child);
  EXPECT_EQ(fs.stat(*child, "f").error(), ENOENT);
  for (const char* path : {"f", "/f"})
    EXPECT_EQ(fs.open(*child, path, O_RDONLY).error(), ESRCH) << path;
  EXPECT_EQ(fs.spawn(*child).error(), EAGAIN);
  EXPECT_EQ(row("file").alive, 0u);
}

TEST_F(processes_test, orphans_go_to_init) {
  external<process> parent = *fs.spawn(*self);
  external<process> child = *fs.spawn(*parent);
  fs.destroy(*parent);
  EXPECT_EQ(fs.wait(*parent, child->pid()).error(), ECHILD);
  fs.destroy(*child, 5);
  EXPECT_EQ(*fs.wait(fs.init(), child->pid()), 5);
  EXPECT_TRUE(fs.wait(*self, parent->pid()));
}

TEST_F(processes_test, wait_blocks_until_the_end) {
  external<process> child = *fs.spawn(*self);
  EXPECT_EQ(fs.wait(*self, child->pid(), wait_how::no_hang).error(), EAGAIN);
  std::thread ends([&] { fs.destroy(*child, 42); });
  EXPECT_EQ(*fs.wait(*self, child->pid()), 42);
  ends.join();
  EXPECT_EQ(fs.wait(*self, 9999).error(), ECHILD);
}

TEST_F(processes_test, the_run_queue_keeps_who_is_on_it) {
  while (fs.next_runnable()) {
  }
  external<process> a = *fs.spawn(*self);
  external<process> b = *fs.spawn(*self);
  const external<process> first = fs.next_runnable();
  EXPECT_EQ(first, a);
  fs.make_runnable(*a);
  fs.destroy(*b);
  EXPECT_EQ(fs.next_runnable(), a) << "b is dead and was skipped";
  EXPECT_FALSE(fs.next_runnable());
}

TEST_F(processes_test, processes_come_and_go_under_look_ups) {
  atomic<bool> stop{false};
  atomic<pid_number> newest{0};
  std::thread finder([&] {
    while (!stop.load(order::relaxed)) {
      const external<process> found = fs.find(newest.load(order::relaxed));
      if (found) fs.destroy(*found, 7);
    }
  });
  on_threads(3, [&](int) {
    for (int i = 0; i < 300; ++i) {
      external<process> child = *fs.spawn(fs.init());
      newest.store(child->pid(), order::relaxed);
      (void)fs.create(*child, "/f" + std::to_string(child->pid() % 16));
      fs.destroy(*child, 0);
      EXPECT_TRUE(fs.wait(fs.init(), child->pid()));
    }
  });
  stop.store(true, order::relaxed);
  finder.join();
  EXPECT_EQ(row("file").alive, 0u);
  EXPECT_EQ(fs.processes().size(), 2u);
}

}  // namespace
}  // namespace lastout::vfs
