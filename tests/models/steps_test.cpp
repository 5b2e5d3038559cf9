// steps_test.cpp - the steps of the models' word are those of count_step.hpp: spin prints what its
// steps do to each small word, and the header is asked.

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include <lastout/count_step.hpp>

namespace {

namespace word = lastout::word;
using lastout::count_state;

/// A word as the models have it.
struct opened {
  std::string state;
  int references = 0;
  int stalled = 0;
  int doomed = 0;

  bool operator==(const opened&) const = default;
};

struct row {
  std::string line;
  std::string step;
  std::uint32_t argument = 0;
  opened before;
  opened after;
  int yes = 0;
  int second = 0;
  int misuse = 0;
};

std::istream& operator>>(std::istream& in, opened& w) {
  return in >> w.state >> w.references >> w.stalled >> w.doomed;
}

std::uint32_t closed(const opened& w) {
  if (w.state == "idle") return word::idle;
  if (w.state == "frozen") return word::frozen;
  if (w.state == "dead") return word::dead;
  return word::close({.references = static_cast<std::uint32_t>(w.references),
                      .stalled = w.stalled,
                      .doomed = w.doomed != 0});
}
opened open(std::uint32_t w) {
  if (!word::counting(w)) return {lastout::name(word::state(w)), 0, 0, 0};
  const word::notes is = word::open(w);
  return {"counting", static_cast<int>(is.references), is.stalled, is.doomed ? 1 : 0};
}

std::vector<row> printed(const std::string& definition) {
  const std::string command = std::string(std::getenv("LASTOUT_SPIN")) + " -T -B " + definition +
                              " " + std::getenv("LASTOUT_STEPS");
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> from(popen(command.c_str(), "r"), pclose);
  std::vector<row> out;
  char buffer[256];
  while (from != nullptr && std::fgets(buffer, sizeof buffer, from.get()) != nullptr) {
    row next;
    next.line = buffer;
    std::istringstream in(next.line);
    in >> next.step >> next.argument >> next.before >> next.after >> next.yes >> next.second >>
        next.misuse;
    if (in) out.push_back(next);
  }
  return out;
}

/// What the header does to the word; with an answer where the model's step has one.
struct answer {
  word::step done;
  bool told = true;
  bool second = false;
};

answer asked(const row& r, std::uint32_t w) {
  const std::uint32_t n = r.argument;
  if (r.step == "get") return {word::get(w, n), false};
  if (r.step == "get_not_zero_add") {
    // What get_not_zero() adds is undone by nobody; of a state without a count it changes nothing.
    const bool counts = word::counting(w);
    const std::uint32_t next = counts ? w + 1 : w;
    const bool revived = counts && word::open(w).references == 0;
    EXPECT_EQ(open(word::get_not_zero(w).next),
              open(revived ? word::note_stalled(next).next : next))
        << "in two halves as in one, " << r.line;
    return {word::stay(next, counts), true, revived};
  }
  if (r.step == "note_stalled") return {word::note_stalled(w), false};
  if (r.step == "put_to_zero") return {word::put(w)};
  if (r.step == "put_not_last") return {word::put_not_last(w)};
  if (r.step == "settle_dead" || r.step == "settle_idle") {
    const word::step done =
        word::settle(w, r.step == "settle_dead" ? count_state::dead : count_state::idle);
    return {done, true, done.yes && word::open(w).doomed};
  }
  if (r.step == "take_back") return {word::take_back(w)};
  if (r.step == "leave") return {word::leave(w)};
  if (r.step == "freeze") return {word::freeze(w, n)};
  if (r.step == "unfreeze") return {word::unfreeze(w, n), false};
  if (r.step == "bury") return {word::bury(w), false};
  if (r.step == "bury_sole") return {word::bury_sole(w, n)};
  if (r.step == "resurrect") return {word::resurrect(w)};
  if (r.step == "doom") return {word::doom(w, n)};
  ADD_FAILURE() << "no such step: " << r.line;
  return {word::stay(w, false)};
}

/// The header does what the model says.
bool agrees(const row& r) {
  const answer a = asked(r, closed(r.before));
  if (a.done.misuse || r.misuse != 0) return a.done.misuse == (r.misuse != 0);
  return open(a.done.next) == r.after && (!a.told || a.done.yes == (r.yes != 0)) &&
         a.second == (r.second != 0);
}

TEST(models_steps_test, the_models_word_takes_the_headers_steps) {
  const std::vector<row> rows = printed("");
  ASSERT_EQ(rows.size(), 20u * (3 + 4 * 4 * 2)) << "20 steps, 35 words";
  for (const row& each : rows) EXPECT_TRUE(agrees(each)) << each.line;
}

TEST(models_steps_test, twin_is_caught) {
  for (const char* twin :
       {"-DTWIN_settles_whoever_is_stalled", "-DTWIN_leaves_unasked", "-DTWIN_looks_again"}) {
    int wrong = 0;
    for (const row& each : printed(twin)) wrong += agrees(each) ? 0 : 1;
    EXPECT_GT(wrong, 0) << twin;
  }
}

}  // namespace
