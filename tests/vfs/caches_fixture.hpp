// caches_fixture.hpp - the caches over one device, without paths and processes.

#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

#include <vfs/parts.hpp>

namespace lastout::vfs {

/// Ends with nothing left and nothing wrong.
class caches_fixture : public ::testing::Test {
 protected:
  caches_fixture() : super(*all.superblocks.get(all.caches, disk, "test")) {}

  void TearDown() override {
    super.put();
    EXPECT_TRUE(
        all.superblocks.wait_until_empty(std::chrono::steady_clock::now() + std::chrono::seconds(5))
            .empty());
    for (const std::string& wrong : census::findings_since(all.birth)) ADD_FAILURE() << wrong;
  }

  ino_number add(file_type type) {
    return disk.add(
        {.type = type, .mode = 0644, .links = type == file_type::directory ? 2u : 1u, .size = 0});
  }
  std::uint64_t alive(kind which) const {
    return census::take_snapshot().alive[static_cast<std::size_t>(which)] -
           all.birth.alive[static_cast<std::size_t>(which)];
  }

  parts all{options{.budget_bytes = std::size_t{1} << 30, .quarantine_bytes = 0}};
  store disk{"disk", 1};
  active<superblock> super;
};

}  // namespace lastout::vfs
