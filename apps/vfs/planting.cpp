// planting.cpp - four bugs, each as somebody would write it.

#include <vfs/planting.hpp>

#include <chrono>
#include <thread>
#include <utility>

#include <vfs/file.hpp>
#include <vfs/parts.hpp>
#include <vfs/path_walk.hpp>

namespace lastout::vfs {
namespace {

std::string name_in(std::string_view directory, std::string_view name) {
  return std::string(directory) + (directory.ends_with('/') ? "" : "/") + std::string(name);
}

}  // namespace

result<void> planting::leak(filesystem& fs, process& self, std::string_view directory) {
  const result<int> fd = fs.open(self, name_in(directory, "planted_leak"), O_CREAT | O_RDWR);
  if (!fd) return fd.why();
  external<file> kept = self.descriptor(*fd);
  (void)kept.leak();  // the bug: nobody will put this one
  return fs.close(self, *fd);
}

result<void> planting::double_put(filesystem& fs, process& self, std::string_view directory) {
  const std::string path = name_in(directory, "planted_double_put");
  const result<int> fd = fs.create(self, path);
  if (!fd) return fd.why();
  if (const result<void> closed = fs.close(self, *fd); !closed) return closed;
  path_walk walk(*fs.parts_, self);
  if (const int wrong = walk.to_end(path, false)) return failure(wrong);
  external<inode> held = external<inode>::get(walk.here_inode());
  inode* const same = held.address();
  walk.here() = {};
  // The dentry goes, and our reference is the inode's last: once another shrinker, which may have the
  // dentry, is done with it.
  fs.shrink(0);
  for (int tries = 0; held->references() != 1 && tries < 1000; ++tries) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    fs.shrink(0);
  }
  held.put();
  external<inode>::adopt(same).put();  // the bug: it was given back already
  return {};
}

result<void> planting::touch_after_put(filesystem& fs, process& self, std::string_view directory) {
  const std::string path = name_in(directory, "planted_touch");
  const result<int> fd = fs.create(self, path);
  if (!fd) return fd.why();
  external<file> held = self.descriptor(*fd);
  inode& touched = held->of();
  if (const result<void> gone = fs.unlink(self, path); !gone) return gone;
  if (const result<void> closed = fs.close(self, *fd); !closed) return closed;
  held.put();            // the last reference: the inode has no name, and goes
  touched.make_dirty();  // the bug
  return {};
}

result<void> planting::early_free(filesystem& fs, process& self, std::string_view directory) {
  const result<int> fd = fs.create(self, name_in(directory, "planted_early_free"));
  if (!fd) return fd.why();
  file* const same = self.descriptor(*fd).address();
  external<file>::adopt(same).put();  // the bug: this is the descriptor's reference
  return fs.close(self, *fd);         // which finds out
}

}  // namespace lastout::vfs
