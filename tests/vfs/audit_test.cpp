// audit_test.cpp - a planted bug turns the audit red, with the type, the object and the place.

#include "fixture.hpp"

#include <lastout/ledger.hpp>

#include <vfs/planting.hpp>

namespace lastout::vfs {
namespace {

class audit_test : public vfs_test {
 protected:
  // One filesystem's findings, joined.
  std::string findings(result<void> (*plant)(filesystem&, process&, std::string_view)) {
    EXPECT_TRUE(fs.mkdir(*self, "/plants"));
    EXPECT_TRUE(plant(fs, *self, "/plants"));
    fs.destroy(*self);
    self.put();
    (void)fs.shutdown(std::chrono::milliseconds(200));
    std::string all;
    for (const std::string& each : fs.audit()) all += each + "\n";
    skip_end();
    return all;
  }

  static void expect_said(const std::string& all, std::string_view what) {
    EXPECT_NE(all.find(what), std::string::npos) << "no \"" << what << "\" in:\n" << all;
  }
};

TEST_F(audit_test, a_leaked_file_is_named_with_who_opened_it) {
  const std::string all = findings(&planting::leak);
  expect_said(all, "file never freed");
  expect_said(all, "planted_leak");
  expect_said(all, "planting.cpp:");
  expect_said(all, "file: 1 born, 0 freed");
}

TEST_F(audit_test, a_double_put_is_a_violation_with_its_type_and_place) {
  const std::string all = findings(&planting::double_put);
  expect_said(all, "violation put_at_zero in put of lastout::vfs::inode");
  expect_said(all, "planting::double_put");
}

TEST_F(audit_test, a_write_after_the_last_put_is_found_with_who_freed) {
  const std::string all = findings(&planting::touch_after_put);
  expect_said(all, "inode");
  expect_said(all, "was written to after it was freed");
  expect_said(all, "planting::touch_after_put");
}

TEST_F(audit_test, an_early_free_is_found_when_the_rightful_holder_puts) {
  const std::string all = findings(&planting::early_free);
  expect_said(all, "violation put_once_dead in put of lastout::vfs::file");
  expect_said(all, "planted_early_free");
  expect_said(all, "planting::early_free");
}

TEST_F(audit_test, a_clean_life_has_nothing_to_say) {
  put_file("/f", "x");
  end();
  EXPECT_TRUE(fs.audit().empty());
}

// With chaos, objects are released on another thread: what it has begun is not what was never freed.
TEST(audit_under_chaos_test, what_is_released_elsewhere_is_waited_for) {
  const std::string before = ledger::settings();
  for (unsigned round = 0; round < 300; ++round) {
    ASSERT_EQ(ledger::apply("all,socket=off,chaos=" + std::to_string(round)), "");
    filesystem fs;
    ASSERT_TRUE(fs.mkfs("disk"));
    ASSERT_TRUE(fs.mount("disk", "/"));
    external<process> self = *fs.spawn(fs.init());
    for (const char* each : {"/a", "/b", "/c"}) ASSERT_TRUE(fs.open(*self, each, O_RDWR | O_CREAT));
    fs.destroy(*self);
    self.put();
    EXPECT_EQ(fs.shutdown(std::chrono::seconds(5)), std::vector<std::string>());
    ASSERT_EQ(fs.audit(), std::vector<std::string>()) << "round " << round;
  }
  EXPECT_EQ(ledger::apply(before), "");
}

TEST_F(audit_test, a_late_superblock_names_its_holders) {
  ASSERT_TRUE(planting::leak(fs, *self, "/"));
  fs.destroy(*self);
  self.put();
  const std::vector<std::string> late = fs.shutdown(std::chrono::milliseconds(50));
  ASSERT_EQ(late.size(), 1u);
  expect_said(late[0], "open file");
  expect_said(late[0], "disk");
  skip_end();
}

}  // namespace
}  // namespace lastout::vfs
