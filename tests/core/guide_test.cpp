// guide_test.cpp - the blocks of docs/guide.md and README.md: each is cut from between two markers
// here.

#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <functional>
#include <list>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include <lastout/lastout.hpp>

namespace readme {

// [readme]
std::mutex table_lock;
std::map<int, lastout::internal<struct session>> table;  // internal: keeps nothing alive

struct session : lastout::kref<session> {  // 4 bytes more, no vtable
  explicit session(int known_as) : id(known_as) {}
  void release() noexcept {  // run once, by the last one out
    std::unique_lock lock(table_lock);
    const auto at = table.find(id);
    if (at != table.end() && at->second.refers_to(*this)) table.erase(at);
    lock.unlock();
    delete this;
  }
  const int id;
};

lastout::external<session> join(int id) {  // external: in use, whoever holds it
  lastout::external<session> found;        // before the lock: a last put takes it too
  const std::unique_lock lock(table_lock);
  const auto at = table.find(id);
  if (at != table.end()) found = at->second.get_not_zero(lock);  // one atomic add; or it is going
  if (found) return found;
  found = lastout::make<session>(id);
  if (found) table.insert_or_assign(id, lastout::internal(*found, table_lock));
  return found;
}
// [end]

TEST(readme_test, a_session_is_shared_while_somebody_uses_it) {
  const lastout::external<session> mine = join(7);
  const lastout::external<session> same = join(7);
  EXPECT_EQ(same, mine);
  EXPECT_EQ(mine->references(), 2u);
  EXPECT_NE(join(8), mine);
  EXPECT_EQ(table.size(), 1u);
}

TEST(readme_test, a_session_that_goes_leaves_the_table) {
  join(7).put();
  EXPECT_TRUE(table.empty());
}

}  // namespace readme

namespace step_1 {

// [step 1]
struct font : lastout::kref<font> {
  explicit font(std::string_view called) : name(called) {}
  const std::string name;
  const std::size_t advance = 8;
};

// Borrows: uses the font during the call, keeps nothing.
std::size_t width_of(const font& with, std::string_view text) { return with.advance * text.size(); }

// Consumes: what it takes by value it keeps, and puts when it goes.
class label {
 public:
  label(lastout::external<font> with, std::string_view says)
      : font_(std::move(with)), text_(says) {}
  std::size_t width() const { return width_of(*font_, text_); }

 private:
  lastout::external<font> font_;
  std::string text_;
};

// Returns owned: the caller has the first reference of a new font.
lastout::external<font> load(std::string_view name) { return lastout::make<font>(name); }
// [end]

TEST(guide_test, step_1_the_last_holder_frees) {
  lastout::external<font> serif = load("serif");
  const label title(serif, "Last out");
  EXPECT_EQ(serif->references(), 2u);
  serif.put();
  EXPECT_FALSE(serif);
  EXPECT_EQ(title.width(), 64u);
}

}  // namespace step_1

namespace step_2 {

// [step 2]
struct font;
std::mutex fonts_lock;
std::map<std::string, lastout::internal<font>, std::less<>> fonts;

struct font : lastout::kref<font> {
  explicit font(std::string_view called) : name(called) {}
  const std::string name;

  void release() noexcept {
    {
      const std::unique_lock guard(fonts_lock);
      const auto at = fonts.find(name);  // the name may be a younger font's by now
      if (at != fonts.end() && at->second.refers_to(*this)) fonts.erase(at);
    }
    delete this;
  }
};

lastout::external<font> open(std::string_view name) {
  lastout::external<font> used;  // declared before the guard: see below
  const std::unique_lock guard(fonts_lock);
  const auto at = fonts.find(name);
  if (at != fonts.end()) used = at->second.get_not_zero(guard);
  if (used) return used;
  used = lastout::make<font>(name);  // absent, or its holder is dying
  if (used) fonts.insert_or_assign(std::string(name), lastout::internal<font>(*used, fonts_lock));
  return used;
}
// [end]

TEST(guide_test, step_2_the_table_finds_and_does_not_keep) {
  lastout::external<font> first = open("serif");
  EXPECT_EQ(open("serif"), first);
  first.put();
  EXPECT_TRUE(fonts.empty());
}

}  // namespace step_2

namespace step_5 {

// [step 6]
struct font;
std::mutex fonts_lock;
std::map<std::string, lastout::internal<font>, std::less<>> fonts;
std::list<font*> idle_fonts;  // longest unused first

struct font : lastout::kcref<font, std::mutex> {
  explicit font(std::string_view called) : name(called) {}
  const std::string name;

  std::tuple<std::mutex&> locks() noexcept { return std::tie(fonts_lock); }

  lastout::fate idle(const idle_proof&) noexcept {
    if (!listed) return lastout::fate::kill;  // nothing would find it again
    idle_fonts.splice(idle_fonts.end(), place);
    return lastout::fate::keep;
  }
  void unlink(const idle_proof&) noexcept {
    if (place.empty()) place.splice(place.end(), idle_fonts, at);
    if (listed) fonts.erase(name);
  }

  bool listed = false;           // in fonts
  std::list<font*> place{this};  // its own node, which moves to idle_fonts and back
  const std::list<font*>::iterator at = place.begin();
};

lastout::external<font> find_font(std::string_view name,
                                  const std::unique_lock<std::mutex>& guard) {
  const auto at = fonts.find(name);
  return at == fonts.end() ? nullptr : at->second.resurrect(guard);
}

lastout::external<font> open(std::string_view name) {
  {
    const std::unique_lock guard(fonts_lock);
    if (lastout::external<font> used = find_font(name, guard)) return used;
  }
  lastout::external<font> born = lastout::make<font>(name);  // slow, so without the lock
  if (!born) return born;
  const std::unique_lock guard(fonts_lock);
  if (lastout::external<font> used = find_font(name, guard)) return used;  // another was faster
  fonts.emplace(name, lastout::internal<font>(*born, fonts_lock));
  born->listed = true;
  return born;
}

// Keeps at most `most` fonts that nobody uses.
void shrink(std::size_t most) {
  std::vector<lastout::killed<font>> gone;  // released after the lock is
  const std::unique_lock guard(fonts_lock);
  while (idle_fonts.size() > most) {
    font& oldest = *idle_fonts.front();
    oldest.place.splice(oldest.place.end(), idle_fonts, oldest.at);
    gone.push_back(oldest.kill_idle(guard));  // empty when it was resurrected meanwhile
  }
}
// [end]

TEST(guide_test, step_5_the_cache_keeps_what_nobody_uses) {
  lastout::external<font> serif = open("serif");
  const font* const address = serif.address();
  serif.put();
  EXPECT_EQ(idle_fonts.size(), 1u);

  serif = open("serif");
  EXPECT_EQ(serif, address);
  shrink(0);
  EXPECT_EQ(fonts.size(), 1u) << "it was in use";

  serif.kill_on_put();
  serif.put();
  EXPECT_TRUE(fonts.empty());

  open("sans").put();
  open("mono").put();
  shrink(1);
  EXPECT_EQ(fonts.size(), 1u);
  EXPECT_EQ(fonts.count("mono"), 1u);
  shrink(0);
  EXPECT_TRUE(fonts.empty());
}

TEST(guide_test, step_5_a_font_that_lost_the_race_is_not_kept) {
  const lastout::external<font> serif = open("serif");
  lastout::make<font>("serif").put();
  EXPECT_TRUE(idle_fonts.empty());
  EXPECT_EQ(open("serif"), serif);
  serif->listed = false;
  fonts.clear();
}

}  // namespace step_5

namespace step_6 {

// [step 7]
struct font;

struct glyph : lastout::plain<glyph, font> {
  explicit glyph(char drawn) : of(drawn) {}
  const char of;
};

struct font : lastout::kref<font>, lastout::plain_parent<font, glyph> {
  // The glyph of a character: drawn once, then shared. Whoever calls has a reference to the font.
  lastout::external<glyph> draw(char of) {
    const std::unique_lock guard(glyphs_lock);
    glyph* found = nullptr;
    for_each([&](glyph& each) {
      if (each.of == of) found = &each;
    });
    if (found == nullptr) found = add(of);
    return found == nullptr ? nullptr : get(*found);
  }

  // Frees the glyphs, all or none.
  bool forget_glyphs() {
    const std::unique_lock guard(glyphs_lock);
    return purge();
  }

  std::mutex glyphs_lock;
};
// [end]

TEST(guide_test, step_6_glyphs_go_together_or_not_at_all) {
  const lastout::external<font> serif = lastout::make<font>();
  lastout::external<glyph> a = serif->draw('a');
  serif->draw('b').put();
  EXPECT_EQ(serif->draw('a'), a);
  EXPECT_FALSE(serif->forget_glyphs()) << "somebody has the a";
  a.put();
  EXPECT_TRUE(serif->forget_glyphs());
  EXPECT_TRUE(serif->empty());
}

}  // namespace step_6

namespace step_7 {

// [step 8]
struct font_service : lastout::dual<font_service, lastout::named_holders> {
  void deactivate() noexcept {
    serving = false;
  }  // the last user has gone; watchers may still look
  bool serving = true;
};

// True when everybody was out in time; else `late` has the names of those who were not.
bool shut_down(const lastout::passive<font_service>& service, std::chrono::milliseconds patience,
               std::vector<std::string>& late) {
  service->close();
  const auto deadline = std::chrono::steady_clock::now() + patience;
  if (service->drain(deadline).complete) return true;
  service->for_each_holder([&](const lastout::holder& each) { late.emplace_back(each.name); });
  return false;
}
// [end]

TEST(guide_test, step_7_close_drain_and_name_who_is_late) {
  // [step 8 at work]
  lastout::active<font_service> service = lastout::make_active<font_service>();  // born active
  const lastout::passive<font_service> watcher = service.get_passive();          // looks
  lastout::active<font_service> drawing = service.share("drawing thread");       // one more user
  // [end]
  service.put();

  std::vector<std::string> late;
  EXPECT_FALSE(shut_down(watcher, std::chrono::milliseconds(2), late));
  EXPECT_EQ(late, std::vector<std::string>{"drawing thread"});
  EXPECT_FALSE(drawing.share("newcomer")) << "closed";
  EXPECT_TRUE(watcher->serving);

  drawing.put();
  EXPECT_TRUE(shut_down(watcher, std::chrono::milliseconds(2), late));
  EXPECT_FALSE(watcher->serving);
}

}  // namespace step_7
