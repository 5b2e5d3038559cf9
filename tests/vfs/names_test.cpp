// names_test.cpp - each operation on names, with its errno values.

#include "fixture.hpp"

namespace lastout::vfs {
namespace {

class names_test : public vfs_test {};

TEST_F(names_test, mkdir_and_stat_agree_on_links) {
  ASSERT_TRUE(fs.mkdir(*self, "/a"));
  ASSERT_TRUE(fs.mkdir(*self, "/a/b", 0700));
  const auto a = fs.stat(*self, "/a");
  ASSERT_TRUE(a);
  EXPECT_EQ(a->links, 3u);
  EXPECT_EQ(fs.stat(*self, "/")->links, 3u);
  EXPECT_EQ(fs.stat(*self, "/a/b/..")->ino, a->ino);
  EXPECT_EQ(fs.stat(*self, "/a/./b/../b/.")->mode, 0700u);
  EXPECT_EQ(fs.mkdir(*self, "/a").error(), EEXIST);
  EXPECT_EQ(fs.mkdir(*self, "/").error(), EEXIST);
  EXPECT_EQ(fs.mkdir(*self, "/a/.").error(), EEXIST);
  EXPECT_EQ(fs.mkdir(*self, "/nothing/b").error(), ENOENT);
  EXPECT_TRUE(fs.mkdir(*self, "/slash//"));
  EXPECT_EQ(fs.stat(*self, "/../..")->ino, fs.stat(*self, "/")->ino);
}

TEST_F(names_test, names_and_paths_that_are_too_long_are_refused) {
  std::string longest = "/";
  longest.append(name_length_max, 'n');
  std::string too_long = longest;
  too_long.push_back('n');
  ASSERT_TRUE(fs.mkdir(*self, longest));
  EXPECT_TRUE(fs.stat(*self, longest));
  EXPECT_EQ(fs.mkdir(*self, too_long).error(), ENAMETOOLONG);
  EXPECT_EQ(fs.stat(*self, too_long).error(), ENAMETOOLONG);
  EXPECT_EQ(fs.stat(*self, too_long.insert(0, "/absent")).error(), ENOENT);
  std::string path;
  while (path.size() + 2 < path_length_max) path += "/.";
  EXPECT_TRUE(fs.stat(*self, path));
  EXPECT_EQ(fs.stat(*self, path + "//").error(), ENAMETOOLONG);
  EXPECT_EQ(fs.stat(*self, "").error(), ENOENT);
}

TEST_F(names_test, rmdir_takes_only_empty_directories) {
  ASSERT_TRUE(fs.mkdir(*self, "/a"));
  ASSERT_TRUE(fs.mkdir(*self, "/a/b"));
  put_file("/f", "x");
  EXPECT_EQ(fs.rmdir(*self, "/a").error(), ENOTEMPTY);
  EXPECT_EQ(fs.rmdir(*self, "/a/b/..").error(), ENOTEMPTY);
  EXPECT_EQ(fs.rmdir(*self, "/a/b/.").error(), EINVAL);
  EXPECT_EQ(fs.rmdir(*self, "/").error(), EBUSY);
  EXPECT_EQ(fs.rmdir(*self, "/f").error(), ENOTDIR);
  EXPECT_EQ(fs.rmdir(*self, "/none").error(), ENOENT);
  EXPECT_TRUE(fs.rmdir(*self, "/a/b/"));
  EXPECT_TRUE(fs.rmdir(*self, "/a"));
  EXPECT_EQ(fs.stat(*self, "/a").error(), ENOENT);
  EXPECT_EQ(fs.stat(*self, "/")->links, 2u);
}

TEST_F(names_test, nothing_can_be_made_in_a_removed_directory) {
  ASSERT_TRUE(fs.mkdir(*self, "/gone"));
  ASSERT_TRUE(fs.chdir(*self, "/gone"));
  EXPECT_EQ(fs.stat(*self, "negative").error(), ENOENT);
  ASSERT_TRUE(fs.rmdir(*self, "/gone"));
  EXPECT_EQ(fs.mkdir(*self, "sub").error(), ENOENT);
  EXPECT_EQ(fs.create(*self, "negative").error(), ENOENT);
  EXPECT_EQ(fs.getcwd(*self).error(), ENOENT);
  EXPECT_EQ(fs.stat(*self, ".")->links, 0u);
  EXPECT_EQ(fs.stat(*self, "..")->ino, fs.stat(*self, "/")->ino);
}

TEST_F(names_test, unlink_counts_links_and_refuses_directories) {
  put_file("/f", "text");
  ASSERT_TRUE(fs.link(*self, "/f", "/g"));
  EXPECT_EQ(fs.stat(*self, "/f")->links, 2u);
  EXPECT_EQ(fs.unlink(*self, "/f/").error(), ENOTDIR);
  ASSERT_TRUE(fs.unlink(*self, "/f"));
  EXPECT_EQ(fs.stat(*self, "/g")->links, 1u);
  EXPECT_EQ(get_file("/g"), "text");
  ASSERT_TRUE(fs.mkdir(*self, "/d"));
  EXPECT_EQ(fs.unlink(*self, "/d").error(), EISDIR);
  EXPECT_EQ(fs.unlink(*self, "/").error(), EISDIR);
  EXPECT_EQ(fs.unlink(*self, "/d/..").error(), EISDIR);
  EXPECT_EQ(fs.unlink(*self, "/f").error(), ENOENT);
  EXPECT_EQ(fs.unlink(*self, "/g/x").error(), ENOTDIR);
}

TEST_F(names_test, link_refuses_directories_and_existing_names) {
  ASSERT_TRUE(fs.mkdir(*self, "/d"));
  put_file("/f", "1");
  EXPECT_EQ(fs.link(*self, "/d", "/e").error(), EPERM);
  EXPECT_EQ(fs.link(*self, "/f", "/d").error(), EEXIST);
  EXPECT_EQ(fs.link(*self, "/none", "/x").error(), ENOENT);
  EXPECT_EQ(fs.link(*self, "/f", "/x/").error(), ENOENT);
  ASSERT_TRUE(fs.symlink(*self, "/nowhere", "/s"));
  ASSERT_TRUE(fs.link(*self, "/s", "/t"));  // the link itself, not what it leads to
  EXPECT_EQ(*fs.readlink(*self, "/t"), "/nowhere");
}

TEST_F(names_test, symlinks_are_followed_and_limited) {
  ASSERT_TRUE(fs.mkdir(*self, "/d"));
  put_file("/d/f", "through");
  ASSERT_TRUE(fs.symlink(*self, "d", "/s"));
  ASSERT_TRUE(fs.symlink(*self, "../s/f", "/d/back"));
  EXPECT_EQ(get_file("/s/back"), "through");
  EXPECT_EQ(fs.lstat(*self, "/s")->type, file_type::symlink);
  EXPECT_EQ(fs.lstat(*self, "/s")->size, 1u);
  EXPECT_EQ(fs.lstat(*self, "/s/")->type, file_type::directory);
  EXPECT_EQ(*fs.readlink(*self, "/s"), "d");
  EXPECT_EQ(fs.readlink(*self, "/d").error(), EINVAL);
  EXPECT_EQ(fs.symlink(*self, "", "/e").error(), ENOENT);
  EXPECT_EQ(fs.symlink(*self, "x", "/s").error(), EEXIST);

  ASSERT_TRUE(fs.symlink(*self, "loop", "/loop"));
  EXPECT_EQ(fs.stat(*self, "/loop").error(), ELOOP);
  EXPECT_TRUE(fs.lstat(*self, "/loop"));
  put_file("/l0", "end");
  const auto numbered = [](std::string name, int i) { return name.append(std::to_string(i)); };
  for (int i = 1; i <= symlinks_max + 1; ++i) {
    ASSERT_TRUE(fs.symlink(*self, numbered("l", i - 1), numbered("/l", i)));
  }
  EXPECT_TRUE(fs.stat(*self, numbered("/l", symlinks_max)));
  EXPECT_EQ(fs.stat(*self, numbered("/l", symlinks_max + 1)).error(), ELOOP);
}

TEST_F(names_test, rename_moves_replaces_and_refuses) {
  ASSERT_TRUE(fs.mkdir(*self, "/a"));
  ASSERT_TRUE(fs.mkdir(*self, "/a/b"));
  ASSERT_TRUE(fs.mkdir(*self, "/c"));
  put_file("/f", "one");
  put_file("/a/g", "two");
  EXPECT_EQ(fs.rename(*self, "/a", "/a/b/x").error(), EINVAL);
  EXPECT_EQ(fs.rename(*self, "/a", "/a/x").error(), EINVAL);
  EXPECT_EQ(fs.rename(*self, "/a/b", "/a").error(), ENOTEMPTY);
  EXPECT_EQ(fs.rename(*self, "/c", "/a").error(), ENOTEMPTY);
  EXPECT_EQ(fs.rename(*self, "/f", "/a").error(), EISDIR);
  EXPECT_EQ(fs.rename(*self, "/a", "/f").error(), ENOTDIR);
  EXPECT_EQ(fs.rename(*self, "/none", "/x").error(), ENOENT);
  EXPECT_EQ(fs.rename(*self, "/f", "/x/").error(), ENOTDIR);
  EXPECT_EQ(fs.rename(*self, "/a/.", "/x").error(), EBUSY);
  EXPECT_EQ(fs.rename(*self, "/f", "/a/..").error(), EBUSY);
  EXPECT_TRUE(fs.rename(*self, "/f", "/f"));

  ASSERT_TRUE(fs.rename(*self, "/f", "/a/g"));  // over a file, in another directory
  EXPECT_EQ(get_file("/a/g"), "one");
  EXPECT_EQ(fs.stat(*self, "/f").error(), ENOENT);
  ASSERT_TRUE(fs.rename(*self, "/a/b", "/c"));  // over an empty directory
  EXPECT_EQ(fs.stat(*self, "/a")->links, 2u);
  EXPECT_EQ(fs.stat(*self, "/")->links, 4u);
  ASSERT_TRUE(fs.rename(*self, "/c", "/a/d"));
  EXPECT_EQ(fs.stat(*self, "/a/d/..")->ino, fs.stat(*self, "/a")->ino);
  EXPECT_EQ(fs.stat(*self, "/a")->links, 3u);
  EXPECT_EQ(fs.stat(*self, "/")->links, 3u);
}

TEST_F(names_test, long_names_and_short_ones_take_each_others_places) {
  const std::string long_name = "/" + std::string(name_length_max, 'l');
  const std::string other = "/" + std::string(name_length_max - 1, 'l') + "m";
  put_file("/short", "1");
  ASSERT_TRUE(fs.rename(*self, "/short", long_name));
  EXPECT_EQ(fs.stat(*self, "/short").error(), ENOENT);
  EXPECT_EQ(fs.stat(*self, other).error(), ENOENT);
  EXPECT_EQ(get_file(long_name), "1");
  ASSERT_TRUE(fs.rename(*self, long_name, other));
  EXPECT_EQ(fs.stat(*self, long_name).error(), ENOENT);
  EXPECT_EQ(get_file(other), "1");
  ASSERT_TRUE(fs.rename(*self, other, "/s"));
  EXPECT_EQ(get_file("/s"), "1");
  EXPECT_EQ(fs.readdir(*self, "/")->size(), 1u);
}

TEST_F(names_test, rename_between_two_names_of_one_inode_does_nothing) {
  put_file("/f", "same");
  ASSERT_TRUE(fs.link(*self, "/f", "/g"));
  ASSERT_TRUE(fs.rename(*self, "/f", "/g"));
  EXPECT_EQ(get_file("/f"), "same");
  EXPECT_EQ(fs.stat(*self, "/g")->links, 2u);
}

TEST_F(names_test, a_directory_keeps_its_users_when_it_moves) {
  ASSERT_TRUE(fs.mkdir(*self, "/a"));
  ASSERT_TRUE(fs.mkdir(*self, "/a/in"));
  ASSERT_TRUE(fs.mkdir(*self, "/b"));
  put_file("/a/in/f", "here");
  ASSERT_TRUE(fs.chdir(*self, "/a/in"));
  ASSERT_TRUE(fs.rename(*self, "/a/in", "/b/out"));
  EXPECT_EQ(*fs.getcwd(*self), "/b/out");
  EXPECT_EQ(get_file("f"), "here");
  EXPECT_EQ(fs.stat(*self, "..")->ino, fs.stat(*self, "/b")->ino);
}

TEST_F(names_test, readdir_lists_each_name_once) {
  for (int i = 0; i < 50; ++i) put_file("/f" + std::to_string(i), "");
  ASSERT_TRUE(fs.mkdir(*self, "/d"));
  ASSERT_TRUE(fs.unlink(*self, "/f7"));
  const auto all = fs.readdir(*self, "/");
  ASSERT_TRUE(all);
  EXPECT_EQ(all->size(), 50u);
  for (const directory_entry& each : *all) {
    EXPECT_EQ(each.ino, fs.lstat(*self, "/" + each.name)->ino);
    EXPECT_NE(each.name, "f7");
  }
  EXPECT_EQ(fs.readdir(*self, "/f1").error(), ENOTDIR);
}

TEST_F(names_test, a_negative_answer_is_remembered_and_overturned) {
  EXPECT_EQ(fs.stat(*self, "/x").error(), ENOENT);
  const std::uint64_t born = row("dentry").born;
  for (int i = 0; i < 10; ++i) EXPECT_EQ(fs.stat(*self, "/x").error(), ENOENT);
  EXPECT_EQ(row("dentry").born, born) << "the cache had the answer";
  EXPECT_GE(row("dentry").resurrected, 9u);
  put_file("/x", "now");
  EXPECT_EQ(row("dentry").born, born) << "the negative dentry became positive";
  EXPECT_EQ(get_file("/x"), "now");
}

TEST_F(names_test, a_removed_directory_is_not_pinned_by_negative_children) {
  ASSERT_TRUE(fs.mkdir(*self, "/d"));
  for (int i = 0; i < 20; ++i)
    EXPECT_EQ(fs.stat(*self, "/d/n" + std::to_string(i)).error(), ENOENT);
  const std::uint64_t inodes = row("inode").alive;
  const std::uint64_t dentries = row("dentry").alive;
  ASSERT_TRUE(fs.rmdir(*self, "/d"));
  EXPECT_EQ(row("inode").alive, inodes - 1);
  EXPECT_EQ(row("dentry").alive, dentries - 21);
}

}  // namespace
}  // namespace lastout::vfs
