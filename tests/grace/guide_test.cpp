// guide_test.cpp - the blocks of docs/guide.md that need liburcu: each is cut from between two
// markers here.

#include <gtest/gtest.h>

#include <mutex>
#include <string>
#include <string_view>

#include <lastout/grace.hpp>
#include <lastout/internal.hpp>
#include <lastout/kref.hpp>

namespace step_grace {

// [grace: the list]
struct font;
std::mutex fonts_lock;  // for who changes the list; readers take nothing
lastout::atomic<font*> first_font{nullptr};

struct font final : lastout::kref<font>, lastout::after_grace<font> {
  explicit font(std::string_view called) : name(called) {}
  const std::string name;
  lastout::atomic<font*> next{nullptr};

  void release() noexcept {
    {
      const std::unique_lock guard(fonts_lock);
      lastout::atomic<font*>* at = &first_font;
      while (at->load(lastout::order::relaxed) != this)
        at = &at->load(lastout::order::relaxed)->next;
      at->store(next.load(lastout::order::relaxed), lastout::order::release);
    }  // nobody finds it any more
    lastout::release_after_grace(*this);  // who found it before may still be reading its name
  }
};

lastout::external<font> add_font(std::string_view name) {
  lastout::external<font> born = lastout::make<font>(name);
  if (!born) return born;
  const std::unique_lock guard(fonts_lock);
  born->next.store(first_font.load(lastout::order::relaxed), lastout::order::relaxed);
  first_font.store(born.address(), lastout::order::release);
  return born;
}

lastout::external<font> find_font(std::string_view name) {
  const lastout::grace_guard guard;  // what is seen from here on stays until the end of the scope
  font* each = first_font.load(lastout::order::acquire);
  for (; each != nullptr; each = each->next.load(lastout::order::acquire)) {
    if (each->name != name) continue;
    const lastout::internal listed(*each, lastout::grace::domain());
    if (lastout::external<font> used = listed.get_not_zero(guard)) return used;  // or it is going
  }
  return nullptr;
}
// [end]

TEST(guide_grace_test, a_font_is_found_while_somebody_uses_it) {
  const lastout::external<font> serif = add_font("serif");
  EXPECT_EQ(find_font("serif"), serif);
  EXPECT_FALSE(find_font("sans"));
  {
    const lastout::external<font> sans = add_font("sans");
    EXPECT_EQ(find_font("sans"), sans);
    EXPECT_EQ(find_font("serif"), serif);
  }
  EXPECT_FALSE(find_font("sans"));
  EXPECT_EQ(find_font("serif"), serif);
  lastout::grace::drain();
}

TEST(guide_grace_test, a_name_that_is_being_read_stays) {
  lastout::external<font> serif = add_font("serif");
  {
    const lastout::grace_guard guard;
    const font& seen = *first_font.load(lastout::order::acquire);
    serif.put();
    EXPECT_EQ(first_font.load(lastout::order::acquire), nullptr);
    EXPECT_EQ(seen.name, "serif");
    EXPECT_TRUE(seen.dead());
  }
  // [grace: the end]
  lastout::grace::drain();  // at the end of main: all fonts are deleted
  // [end]
}

}  // namespace step_grace
