// guide_cache_test.cpp - the blocks of docs/guide.md and README.md about the cache: each is cut from
// between two markers here.

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <lastout/lastout.hpp>

namespace step_cache {

// The folder of fonts: a name, and how many bytes its file has.
const std::map<std::string, std::size_t, std::less<>> files = {
    {"serif", 1000}, {"sans", 2000}, {"mono", 3000}};
int looked_for = 0;

std::vector<char> read_file(std::string_view name) {
  ++looked_for;
  const auto file = files.find(name);
  return std::vector<char>(file == files.end() ? 0 : file->second);
}

// [cache]
struct font : lastout::cached<font> {
  font(std::string_view called, std::vector<char> drawn)
      : name(called), outlines(std::move(drawn)) {}
  std::size_t charge() const noexcept { return sizeof(font) + outlines.size(); }

  const std::string name;
  const std::vector<char> outlines;
};

lastout::cache<std::string, font, &font::name> fonts({
    .idle_charge_max = 4 << 20,  // bytes, because charge() answers bytes
    .absent_max = 100,           // names
});

lastout::external<font> load(std::string_view name) {
  std::vector<char> outlines = read_file(name);
  if (outlines.empty()) return nullptr;
  return lastout::make<font>(name, std::move(outlines));
}

// The font of that name; nothing when there is no such file, or was none five seconds ago.
lastout::external<font> open(std::string_view name) {
  return fonts.get_or_create(name, [&] { return load(name); }, std::chrono::seconds(5));
}

// The fonts of a page that are loaded already.
std::vector<lastout::external<font>> fonts_of(std::span<const std::string> names) {
  std::vector<lastout::external<font>> found(names.size());
  fonts.get_many(names, found);
  return found;
}
// [end]

// [cache: no longer right]
// Its file has changed: the next one who asks loads it.
void forget(std::string_view name) { fonts.erase(name); }

// Its file has changed, and here it is already.
void renew(lastout::external<font> newer) { fonts.replace(std::move(newer)); }

// It is good enough for those who have it, but not worth keeping.
void do_not_keep(lastout::external<font> used) { used.kill_on_put(); }
// [end]

// [cache: a hard limit]
std::vector<std::string> saved;

struct page : lastout::cached<page> {
  explicit page(int as) : number(as) {}
  static std::size_t charge() noexcept { return 1; }

  const int number;
  std::string text;
};

lastout::cache<int, page, &page::number> pages({
    .idle_charge_max = 3,
    .charge_max = 3,
    .when_full = lastout::at_limit::wait,
    .wait_max = std::chrono::milliseconds(10),
    .on_evict = [](page& gone, lastout::eviction) { saved.push_back(gone.text); },
});
// [end]

class guide_cache_test : public testing::Test {
 protected:
  void SetUp() override {
    fonts.evict_if([](const font&) { return true; });
    looked_for = 0;
  }
};

TEST_F(guide_cache_test, a_font_that_nobody_uses_is_found_again) {
  lastout::external<font> serif = open("serif");
  ASSERT_TRUE(serif);
  EXPECT_EQ(open("serif"), serif);
  font* const there = serif.address();
  serif.put();
  EXPECT_EQ(open("serif"), there);
  EXPECT_EQ(looked_for, 1);
}

TEST_F(guide_cache_test, a_name_without_a_file_is_looked_for_once) {
  EXPECT_FALSE(open("fraktur"));
  EXPECT_FALSE(open("fraktur"));
  EXPECT_EQ(looked_for, 1);
}

TEST_F(guide_cache_test, fonts_of_a_page_are_found_together) {
  const lastout::external<font> serif = open("serif");
  const std::array<std::string, 2> names = {"mono", "serif"};
  const std::vector<lastout::external<font>> found = fonts_of(names);
  EXPECT_FALSE(found[0]);
  EXPECT_EQ(found[1], serif);
}

TEST_F(guide_cache_test, a_forgotten_font_lives_on_for_who_draws_with_it) {
  const lastout::external<font> old = open("serif");
  forget("serif");
  EXPECT_FALSE(fonts.get("serif"));
  EXPECT_NE(open("serif"), old);
  EXPECT_EQ(old->outlines.size(), files.at("serif"));
}

TEST_F(guide_cache_test, a_renewed_font_is_found_in_the_old_ones_place) {
  const lastout::external<font> old = open("serif");
  const lastout::external<font> newer = lastout::make<font>("serif", std::vector<char>(7));
  renew(newer);
  EXPECT_EQ(fonts.get("serif"), newer);
  EXPECT_EQ(old->references(), 1u) << "the cache has let it go";
}

TEST_F(guide_cache_test, a_font_that_is_not_to_be_kept_goes_with_its_last_user) {
  lastout::external<font> serif = open("serif");
  do_not_keep(serif);
  EXPECT_EQ(fonts.get("serif"), serif) << "as long as it is there, it is the one";
  serif.put();
  EXPECT_FALSE(fonts.get("serif"));
}

TEST_F(guide_cache_test, what_is_in_use_is_not_evicted) {
  const lastout::external<font> serif = open("serif");
  (void)open("sans");
  (void)open("mono");
  // [cache: memory is short]
  fonts.shrink(1000);  // who is least worth keeping goes, until so much is free
  fonts.evict_if([](const font& each) { return each.outlines.size() > 2500; });
  // [end]
  EXPECT_LE(fonts.size(), 2u);
  EXPECT_FALSE(fonts.get("mono"));
  fonts.shrink(1 << 20);
  EXPECT_EQ(fonts.size(), 1u);
  EXPECT_EQ(fonts.get("serif"), serif);
}

TEST_F(guide_cache_test, without_room_a_newcomer_waits_and_then_is_refused) {
  const auto get = [](int number) {
    return pages.get_or_create(number, [number] { return lastout::make<page>(number); });
  };
  std::vector<lastout::external<page>> open_pages;
  for (int number = 1; number <= 3; ++number) open_pages.push_back(get(number));
  EXPECT_FALSE(get(4)) << "all are in use";
  EXPECT_TRUE(get(3));

  open_pages[1]->text = "page two";
  open_pages[1].put();
  EXPECT_TRUE(get(4));
  EXPECT_EQ(saved, std::vector<std::string>{"page two"});
}

TEST_F(guide_cache_test, statistics_say_what_was_found) {
  const lastout::cache_statistics before = fonts.statistics();
  const lastout::external<font> serif = open("serif");
  (void)open("serif");
  // [cache: statistics]
  const lastout::cache_statistics now = fonts.statistics();
  const std::array exported = {lastout::named_statistics{"fonts", now}};
  const std::string text = lastout::open_metrics(exported);
  // [end]
  EXPECT_EQ(now.hits, before.hits + 1);
  EXPECT_EQ(now.misses, before.misses + 1);
  EXPECT_EQ(now.pinned_charge, serif->charge());
  EXPECT_NE(text.find("lastout_cache_entries{cache=\"fonts\",use=\"pinned\"} 1\n"),
            std::string::npos);
}

}  // namespace step_cache

namespace readme_cache {

std::vector<char> read_file(std::string_view) { return std::vector<char>(1000); }

// [readme: cache]
struct texture : lastout::cached<texture> {  // outlives its users, until its room is wanted
  explicit texture(std::string_view from) : path(from), pixels(read_file(from)) {}
  std::size_t charge() const noexcept { return pixels.size(); }
  const std::string path;
  const std::vector<char> pixels;
};

lastout::cache<std::string, texture, &texture::path> textures({.idle_charge_max = 64 << 20});

lastout::external<texture> texture_of(std::string_view path) {  // a hit: one atomic add, no lock
  return textures.get_or_create(path, [&] { return lastout::make<texture>(path); });
}
// [end]

TEST(readme_test, a_texture_outlives_its_users) {
  texture* const stone = texture_of("stone").address();
  EXPECT_EQ(texture_of("stone"), stone);
  EXPECT_NE(texture_of("wood"), stone);
  EXPECT_EQ(textures.statistics().idle_charge, 2000u);
}

}  // namespace readme_cache
