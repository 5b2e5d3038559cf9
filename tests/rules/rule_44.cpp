// rule_44.cpp - plain: children are freed by the parent, all or none; a child in use stops it.

#include <vector>

#include <lastout/plain.hpp>

#include "rules/support.hpp"

namespace {

using lastout::external;
using rules::recorded_violations;
using rules::verdict;

struct page;
struct buffer : lastout::plain<buffer, page> {
  buffer(std::vector<int>& f, int i) : freed(f), number(i) {}
  ~buffer() { ++freed[static_cast<std::size_t>(number)]; }
  std::vector<int>& freed;
  int number;
};
struct page : lastout::plain_parent<page, buffer> {};

/// A page with three buffers.
class by_plain {
 public:
  explicit by_plain(std::vector<int>& freed) {
    for (int i = 0; i < 3; ++i) buffers_.push_back(page_.add(freed, i));
    users_.resize(3);
  }
  bool get(std::size_t i) { return bool(users_[i] = page_.get(*buffers_[i])); }
  void put(std::size_t i) { users_[i].put(); }
  bool purge() { return page_.purge(); }

 private:
  page page_;
  std::vector<buffer*> buffers_;
  std::vector<external<buffer>> users_;
};

/// What the twins have in common: right but for purge().
class by_hand {
 public:
  explicit by_hand(std::vector<int>& freed) : freed_(freed) {}
  bool get(std::size_t i) { return !frozen_[i] && ++users_[i] != 0; }
  void put(std::size_t i) { --users_[i]; }

 protected:
  bool used(std::size_t i) const { return users_[i] != 0; }
  void free(std::size_t i) { ++freed_[i]; }
  bool frozen_[3] = {};

 private:
  std::vector<int>& freed_;
  int users_[3] = {};
};

/// The twin: frees as it goes.
struct frees_some : by_hand {
  using by_hand::by_hand;
  bool purge() {
    for (std::size_t i = 3; i-- > 0;) {
      if (used(i)) return false;
      free(i);  // broken: one of the others may be in use
    }
    return true;
  }
};

/// The twin: looks at the first child only.
struct ignores_users : by_hand {
  using by_hand::by_hand;
  bool purge() {
    if (used(2)) return false;  // broken: 1 and 0 may be in use
    for (std::size_t i = 0; i < 3; ++i) free(i);
    return true;
  }
};

/// The twin: leaves what it froze frozen.
struct stays_frozen : by_hand {
  using by_hand::by_hand;
  bool purge() {
    for (std::size_t i = 3; i-- > 0;) {
      if (used(i)) return false;  // broken: the ones before are not thawed
      frozen_[i] = true;
    }
    for (std::size_t i = 0; i < 3; ++i) free(i);
    return true;
  }
};

template <class Page>
verdict all_children_or_none(std::size_t in_use) {
  verdict v;
  std::vector<int> freed(3);
  {
    Page p(freed);
    for (std::size_t i = 0; i < 3; ++i) {
      v.require(p.get(i), "a child could not be got");
      if (i != in_use) p.put(i);
    }
    v.require(!p.purge(), "purged with a child in use");
    v.require(freed == std::vector<int>(3), "a purge that failed freed some");
    for (std::size_t i = 0; i < 3; ++i) {
      v.require(i == in_use || p.get(i), "a purge that failed left a child unusable");
      if (i != in_use) p.put(i);
    }
    v.require(!p.purge(), "the second purge saw no user");
    p.put(in_use);
    v.require(freed == std::vector<int>(3), "a put freed: that is not what plain puts do");
    v.require(p.purge(), "did not purge with no child in use");
    v.require(freed == std::vector<int>(3, 1), "a purge did not free each child once");
    v.require(p.purge(), "nothing left to purge, and it says no");
  }
  v.require(freed == std::vector<int>(3, 1), "the parent's end freed a child again");
  return v;
}

TEST(rule_44, all_children_or_none) {
  const recorded_violations seen;
  for (std::size_t in_use = 0; in_use < 3; ++in_use) {
    EXPECT_HELD(all_children_or_none<by_plain>(in_use));
  }
  EXPECT_TRUE(seen.none()) << seen.text();
}

TEST(rule_44, twin_is_caught) {
  EXPECT_BROKEN(all_children_or_none<frees_some>(1));
  EXPECT_BROKEN(all_children_or_none<ignores_users>(1));
  EXPECT_BROKEN(all_children_or_none<stays_frozen>(1));
}

TEST(rule_44, the_parents_end_frees_the_children) {
  const recorded_violations seen;
  std::vector<int> freed(3);
  {
    by_plain page(freed);
  }
  EXPECT_EQ(freed, std::vector<int>(3, 1));
  EXPECT_TRUE(seen.none()) << seen.text();
}

TEST(rule_44, misuse_the_parents_end_with_a_child_in_use_is_reported_and_leaks) {
  recorded_violations seen;
  external<buffer> user;
  std::vector<int> freed(1);
  {
    page p;
    user = p.get(*p.add(freed, 0));
  }
  EXPECT_TRUE(seen.only(lastout::violation::destroyed_in_use)) << seen.text();
  EXPECT_EQ(freed[0], 0);
  static buffer* leaked_on_purpose;  // reachable, for the leak checkers
  leaked_on_purpose = user.leak();
  EXPECT_NE(leaked_on_purpose, nullptr);
}

TEST(rule_44, misuse_another_parents_child_is_reported_and_not_got) {
  recorded_violations seen;
  std::vector<int> freed(1);
  page mine, other;
  buffer* const child = mine.add(freed, 0);
  EXPECT_FALSE(other.get(*child));
  EXPECT_TRUE(seen.only(lastout::violation::wrong_parent)) << seen.text();
  EXPECT_TRUE(mine.purge());
}

}  // namespace
