// guide_registry_test.cpp - the blocks of docs/guide.md about the registry: each is cut from
// between two markers here.

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <lastout/lastout.hpp>

namespace step_registry {

// [registry]
struct font : lastout::kref<font>, lastout::in_slab<font> {
  explicit font(std::string_view called) : name(called) {}
  const std::string name;
  void release() noexcept;
};

lastout::registry<std::string, font, &font::name> fonts;

void font::release() noexcept {
  fonts.leave(*this);  // only itself: the name may be a younger font's by now
  delete this;
}

// The font that somebody uses already, or none.
lastout::external<font> find_font(std::string_view name) { return fonts.find(name); }

// The font of that name, loaded if it must be.
lastout::external<font> open(std::string_view name) {
  return fonts.get_or_create(name, [&] { return lastout::make<font>(name); });
}

// A font that came with a document: it enters unless there is one of its name, and that one then.
lastout::external<font> add(lastout::external<font> embedded) {
  if (!embedded) return embedded;
  return fonts.insert(std::move(embedded));
}
// [end]

// [registry: a mark]
// What a line remembers of the font that it was drawn with: 8 bytes, which keep nothing alive.
struct line {
  std::string text;
  lastout::internal<font, lastout::slab<font>> drawn_with;
};

line draw(const font& with, std::string_view text) {
  return {std::string(text), lastout::internal<font, lastout::slab<font>>(with)};
}

// That font, while anybody uses it; never another one that has come in its place.
lastout::external<font> font_of(const line& drawn) { return drawn.drawn_with.get_not_zero(); }
// [end]

TEST(guide_registry_test, a_font_is_found_while_somebody_uses_it) {
  lastout::external<font> serif = open("serif");
  EXPECT_EQ(open("serif"), serif);
  EXPECT_EQ(find_font("serif"), serif);
  EXPECT_EQ(serif->references(), 1u) << "the registry has none";
  EXPECT_FALSE(find_font("sans"));
  serif.put();
  EXPECT_FALSE(find_font("serif"));
  EXPECT_EQ(fonts.size(), 0u);
}

TEST(guide_registry_test, a_second_font_of_a_name_is_put_for_the_first) {
  const lastout::external<font> serif = open("serif");
  EXPECT_EQ(add(lastout::make<font>("serif")), serif);
  const lastout::external<font> mono = add(lastout::make<font>("mono"));
  EXPECT_EQ(find_font("mono"), mono);
  EXPECT_FALSE(add(nullptr));
  EXPECT_EQ(fonts.size(), 2u);
}

TEST(guide_registry_test, a_mark_is_of_one_font_for_ever) {
  static_assert(sizeof(line::drawn_with) == 8);
  lastout::external<font> serif = open("serif");
  const line title = draw(*serif, "Last out");
  EXPECT_EQ(font_of(title), serif);
  serif.put();
  EXPECT_FALSE(font_of(title));
  const lastout::external<font> younger = open("serif");
  EXPECT_FALSE(font_of(title)) << "of the same name, perhaps in the same place";
  EXPECT_TRUE(younger);
}

TEST(guide_registry_test, loading_that_fails_leaves_no_name_behind) {
  const auto fails = []() -> lastout::external<font> { throw std::runtime_error("no such file"); };
  EXPECT_THROW((void)fonts.get_or_create("serif", fails), std::runtime_error);
  EXPECT_EQ(fonts.size(), 0u);
  EXPECT_TRUE(open("serif"));
}

TEST(guide_registry_test, a_walk_meets_all_fonts) {
  const lastout::external<font> serif = open("serif");
  const lastout::external<font> sans = open("sans");
  // [registry: a walk]
  std::vector<std::string> names;
  fonts.for_each([&](lastout::external<font> each) { names.push_back(each->name); });
  // [end]
  EXPECT_EQ(names.size(), 2u);
  EXPECT_NE(names[0], names[1]);
}

}  // namespace step_registry
