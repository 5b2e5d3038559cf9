// fixture.hpp - a filesystem with a device on "/", one process, and an audit at the end.

#pragma once

#include <gtest/gtest.h>

#include <cerrno>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <vfs/filesystem.hpp>

namespace lastout::vfs {

inline std::span<const std::byte> bytes(std::string_view text) {
  return std::as_bytes(std::span(text));
}

/// Every test ends with an audit that must be clean.
class vfs_test : public ::testing::Test {
 protected:
  explicit vfs_test(const options& chosen = {}) : fs(chosen) {
    EXPECT_TRUE(fs.mkfs("disk"));
    EXPECT_TRUE(fs.mount("disk", "/"));
    self = *fs.spawn(fs.init());
  }

  void TearDown() override { end(); }

  void end() {
    if (ended_) return;
    ended_ = true;
    if (self) fs.destroy(*self);
    self.put();
    for (const std::string& late : fs.shutdown(std::chrono::seconds(5)))
      ADD_FAILURE() << "late: " << late;
    for (const std::string& wrong : fs.audit()) ADD_FAILURE() << "audit: " << wrong;
  }

  /// For tests in which the end is not clean on purpose.
  void skip_end() { ended_ = true; }

  void put_file(std::string_view path, std::string_view text) { put_file(*self, path, text); }
  void put_file(process& by, std::string_view path, std::string_view text) {
    const result<int> fd = fs.create(by, path);
    ASSERT_TRUE(fd) << path << ": errno " << fd.error();
    const result<std::size_t> done = fs.write(by, *fd, bytes(text));
    ASSERT_TRUE(done);
    ASSERT_EQ(*done, text.size());
    ASSERT_TRUE(fs.close(by, *fd));
  }

  std::string get_file(std::string_view path) { return get_file(*self, path); }
  std::string get_file(process& by, std::string_view path) {
    const result<int> fd = fs.open(by, path, O_RDONLY);
    if (!fd) return "errno " + std::to_string(fd.error());
    std::string out = get_open(by, *fd);
    EXPECT_TRUE(fs.close(by, *fd));
    return out;
  }
  std::string get_open(process& by, int fd) {
    std::string out;
    char piece[3000];
    std::uint64_t at = 0;
    for (;;) {
      const result<std::size_t> done =
          fs.pread(by, fd, std::as_writable_bytes(std::span(piece)), at);
      if (!done) return "errno " + std::to_string(done.error());
      if (*done == 0) return out;
      out.append(piece, *done);
      at += *done;
    }
  }

  type_statistics row(std::string_view type) {
    for (type_statistics& each : fs.statistics()) {
      if (each.type == type) return each;
    }
    ADD_FAILURE() << "no row for " << type;
    return {};
  }

  filesystem fs;
  external<process> self;

 private:
  bool ended_ = false;
};

/// Runs act(number) on that many threads, and waits for all.
template <class Act>
void on_threads(int threads, Act act) {
  std::vector<std::thread> all;
  for (int i = 0; i < threads; ++i) all.emplace_back([&act, i] { act(i); });
  for (std::thread& each : all) each.join();
}

}  // namespace lastout::vfs
