// cache_statistics_test.cpp - the numbers add up, and their text is OpenMetrics.

#include <array>
#include <atomic>
#include <cctype>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <span>
#include <sstream>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <lastout/cache.hpp>

#include "core/cached_thing.hpp"

namespace {

using lastout::cache_statistics;
using lastout::eviction;
using lastout::external;
using lastout::make;
using lastout::named_statistics;
using lastout::open_metrics;

std::uint64_t evicted(const cache_statistics& s) {
  std::uint64_t all = 0;
  for (const std::uint64_t each : s.evictions) all += each;
  return all;
}

class cache_statistics_test : public things_test {};

// Hits and misses.

TEST_F(cache_statistics_test, each_look_up_is_one_hit_or_one_miss) {
  things all({.idle_charge_max = 100});
  for (std::uint64_t n = 0; n < 50; ++n) (void)put_in(all, n);
  std::vector<external<thing>> out(10);
  const std::vector<std::uint64_t> names = {1, 2, 3, 4, 5, 6, 70, 80, 90, 100};
  for (int i = 0; i < 7; ++i) (void)all.get(1);
  for (int i = 0; i < 5; ++i) (void)all.get(77);
  all.get_many(names, out);
  (void)all.get_or_create(2, maker_of(2));
  (void)all.get_or_create(60, maker_of(60));
  (void)all.get_or_create(61, makes_none);
  const cache_statistics s = all.statistics();
  EXPECT_EQ(s.hits, 7u + 6u + 1u);
  EXPECT_EQ(s.misses, 5u + 4u + 2u);
  EXPECT_DOUBLE_EQ(s.hit_ratio(), 14.0 / 25.0);
  EXPECT_EQ(cache_statistics().hit_ratio(), 0.0);
}

TEST_F(cache_statistics_test, many_look_ups_at_once_miss_as_often_as_they_find_none) {
  things all({.idle_charge_max = 100});
  for (std::uint64_t n = 0; n < 20; ++n) (void)put_in(all, n);
  std::vector<std::uint64_t> names(20);
  for (std::size_t i = 0; i < names.size(); ++i) names[i] = i;
  std::vector<external<thing>> out(20);
  all.get_many(names, out);
  EXPECT_EQ(all.statistics().misses, 0u);
  EXPECT_EQ(all.statistics().hits, 20u);
  names[3] = 77;
  all.get_many(names, out);
  EXPECT_EQ(all.statistics().misses, 1u);
  EXPECT_EQ(all.statistics().hits, 39u);
}

// Its hash is called in between: there, somebody else puts in what was missed.
struct interrupted_hash {
  std::size_t operator()(std::uint64_t n) const {
    if (calls != 0 && --calls == 0) meanwhile();
    return static_cast<std::size_t>(n);
  }
  static inline int calls = 0;
  static inline std::function<void()> meanwhile;
};
TEST_F(cache_statistics_test, who_missed_and_finds_it_after_all_has_missed) {
  lastout::cache<std::uint64_t, thing, &thing::number, interrupted_hash> all(
      {.idle_charge_max = 100, .absent_max = 1});
  external<thing> theirs;
  interrupted_hash::meanwhile = [&] { theirs = all.insert(make<thing>(7u)); };
  interrupted_hash::calls = 2;  // once for the look-up, then for the negative entry
  const external<thing> got = all.get_or_create(7, [] { return external<thing>(); });
  EXPECT_TRUE(got);
  EXPECT_EQ(got, theirs);
  EXPECT_EQ(all.statistics().hits, 0u);
  EXPECT_EQ(all.statistics().misses, 1u);
}

TEST_F(cache_statistics_test, hits_do_not_go_back_while_who_had_them_is_out_of_the_table) {
  things all({.idle_charge_max = 100});
  const external<thing> t = put_in(all, 7);
  for (int i = 0; i < 5; ++i) (void)all.get(7);
  EXPECT_EQ(all.statistics().hits, 5u);
  EXPECT_TRUE(all.rename(*t, [&] {
    EXPECT_EQ(all.statistics().hits, 5u);
    t->number = 8;
  }));
  EXPECT_EQ(all.statistics().hits, 5u);
}

TEST_F(cache_statistics_test, what_is_no_look_up_is_no_hit) {
  things all({.idle_charge_max = 100, .absent_max = 10});
  for (std::uint64_t n = 0; n < 50; ++n) (void)put_in(all, n);
  for (std::uint64_t n = 0; n < 50; ++n) (void)put_in(all, n);  // there already
  all.for_each([](external<thing>) {});
  EXPECT_EQ(all.evict_if([](const thing&) { return false; }), 0u);
  (void)all.replace(make<thing>(3u));
  all.erase(std::uint64_t{4});
  external<thing> t = all.get(5);
  EXPECT_TRUE(all.rename(*t, [&] { t->number = 500; }));
  t.put();
  EXPECT_FALSE(all.note_absent(6, std::chrono::hours(1)));
  const cache_statistics s = all.statistics();
  EXPECT_EQ(s.hits, 1u);
  EXPECT_EQ(s.misses, 0u);
}

TEST_F(cache_statistics_test, hits_of_who_was_to_be_killed_are_known_once_its_name_is_taken) {
  things all({.idle_charge_max = 10});
  external<thing> used = put_in(all, 1);
  used.kill_on_put();
  ASSERT_TRUE(all.get(1));
  ASSERT_TRUE(all.get(1));
  EXPECT_TRUE(all.erase(std::uint64_t{1}));  // out of the table, and in use
  EXPECT_EQ(all.statistics().hits, 2u);
  external<thing> other = put_in(all, 2);
  other.kill_on_put();
  ASSERT_TRUE(all.get(2));
  (void)all.replace(make<thing>(2u));
  ASSERT_TRUE(all.get(2));
  EXPECT_EQ(all.statistics().hits, 4u);
  used.put();
  other.put();
  EXPECT_EQ(all.statistics().hits, 4u);
}

TEST_F(cache_statistics_test, hits_are_not_forgotten_with_those_who_had_them) {
  things all({.idle_charge_max = 10});
  std::uint64_t hits = 0;
  for (std::uint64_t n = 0; n < 1000; ++n) {
    (void)put_in(all, n);
    for (std::uint64_t i = 0; i < n % 9; ++i) {
      ASSERT_TRUE(all.get(n));
      ++hits;
    }
    if (n % 10 == 3) all.erase(n);
    if (n % 10 == 5) (void)all.replace(make<thing>(n));
    if (n % 10 == 7) {
      all.get(n).kill_on_put();
      ++hits;
    }
    if (n % 100 == 50) all.shrink(5);
    ASSERT_EQ(all.statistics().hits, hits) << n;
  }
}

TEST_F(cache_statistics_test, hits_of_one_that_is_erased_and_still_held_count) {
  things all({.idle_charge_max = 10});
  const external<thing> held = put_in(all, 1);
  (void)put_in(all, 2);
  for (int i = 0; i < 10; ++i) (void)all.get(1);
  EXPECT_EQ(all.statistics().hits, 10u);
  all.erase(*held);
  for (int i = 0; i < 5; ++i) (void)all.get(2);
  EXPECT_EQ(all.statistics().hits, 15u);
}

TEST_F(cache_statistics_test, one_that_is_leaving_is_counted_once) {
  things* in = nullptr;
  cache_statistics seen_at_eviction;
  things all({.idle_charge_max = 10, .on_evict = [&](thing& t, eviction why) {
                if (why != eviction::shrunk) return;
                EXPECT_FALSE(in->get(t.number));
                seen_at_eviction = in->statistics();
              }});
  in = &all;
  (void)put_in(all, 1);
  for (int i = 0; i < 5; ++i) (void)all.get(1);
  all.shrink(1);
  for (const cache_statistics& s : {seen_at_eviction, all.statistics()}) {
    EXPECT_EQ(s.hits, 5u);
    EXPECT_EQ(s.misses, 1u);
    EXPECT_EQ(s.inserts, 1u);
    EXPECT_EQ(evicted(s), 1u);
    EXPECT_EQ(s.idle_entries + s.pinned_entries, 0u) << "nobody finds it any more";
  }
}

struct same_for_all {
  std::size_t operator()(std::uint64_t) const noexcept { return 1; }
};
TEST_F(cache_statistics_test, one_that_has_the_same_hash_is_not_hit_by_it) {
  lastout::cache<std::uint64_t, thing, &thing::number, same_for_all> all({.idle_charge_max = 10});
  (void)put_in(all, 1);
  (void)put_in(all, 2);
  EXPECT_TRUE(all.get(2));
  EXPECT_FALSE(all.get(3));
  const cache_statistics s = all.statistics();
  EXPECT_EQ(s.hits, 1u);
  EXPECT_EQ(s.misses, 1u);
}

TEST_F(cache_statistics_test, hits_of_many_threads_are_exact_while_nobody_is_evicted) {
  constexpr std::uint64_t there = 8;
  constexpr std::uint64_t names = 12;
  things all({.idle_charge_max = 100});
  for (std::uint64_t n = 0; n < there; ++n) (void)put_in(all, n);
  std::atomic<std::uint64_t> hits = 0;
  std::atomic<std::uint64_t> misses = 0;
  std::vector<std::thread> threads;
  for (std::uint64_t i = 0; i < 4; ++i) {
    threads.emplace_back([&, i] {
      std::uint64_t random = i + 1;
      for (int n = 0; n < 20'000; ++n) {
        random = random * 6364136223846793005 + 1442695040888963407;
        ++(all.get((random >> 40) % names) ? hits : misses);
        (void)put_in(all, (random >> 50) % there);  // there already: no hit
        if (n % 100 == 0) all.for_each([](external<thing>) {});
      }
    });
  }
  for (std::thread& each : threads) each.join();
  const cache_statistics s = all.statistics();
  EXPECT_EQ(s.hits, hits);
  EXPECT_EQ(s.misses, misses);
}

// What is in it.

TEST_F(cache_statistics_test, what_is_there_is_idle_or_pinned_with_its_charge) {
  things all({.idle_charge_max = 1000});
  std::vector<external<thing>> held;
  for (std::size_t n = 0; n < 30; ++n) {
    external<thing> t = put_in(all, n, n + 1);
    if (n % 3 == 0) held.push_back(std::move(t));
  }
  cache_statistics s = all.statistics();
  EXPECT_EQ(s.pinned_entries, 10u);
  EXPECT_EQ(s.idle_entries, 20u);
  EXPECT_EQ(s.pinned_charge, 145u);
  EXPECT_EQ(s.idle_charge, 465u - 145u);
  held.clear();
  s = all.statistics();
  EXPECT_EQ(s.pinned_entries, 0u);
  EXPECT_EQ(s.idle_charge, 465u);
  EXPECT_EQ(s.inserts, 30u);
}

TEST_F(cache_statistics_test, what_came_in_is_there_or_has_left_for_a_reason) {
  things all({.idle_charge_max = 20});
  for (std::size_t n = 0; n < 500; ++n) {
    external<thing> t = put_in(all, n % 60, 1 + n % 3);
    if (n % 7 == 1) (void)all.replace(make<thing>(n % 60));
    if (n % 7 == 2) all.erase(n % 60);
    if (n % 7 == 3) t.kill_on_put();
    if (n % 50 == 4) all.shrink(3);
    t.put();
    const cache_statistics s = all.statistics();
    ASSERT_EQ(s.inserts, evicted(s) + s.idle_entries + s.pinned_entries) << n;
    ASSERT_EQ(s.idle_entries, all.size());
  }
  const cache_statistics s = all.statistics();
  for (const eviction each : {eviction::capacity, eviction::shrunk, eviction::erased,
                              eviction::replaced, eviction::killed})
    EXPECT_GT(s.evicted(each), 0u) << name(each);
  EXPECT_EQ(s.evicted(eviction::closed), 0u);
}

TEST_F(cache_statistics_test, the_bytes_are_those_of_table_and_ghosts) {
  struct small : lastout::cached<small> {
    explicit small(std::uint64_t n) : number(n) {}
    const std::uint64_t number;
    [[nodiscard]] static std::size_t charge() noexcept { return 1; }
    char user[20] = {};
  };
  constexpr std::uint64_t entries = 200'000;
  lastout::cache<std::uint64_t, small, &small::number> all({.idle_charge_max = entries});
  for (std::uint64_t n = 0; n < entries; ++n) (void)all.insert(make<small>(n));
  const cache_statistics s = all.statistics();
  EXPECT_EQ(s.idle_entries, entries);
  EXPECT_GT(s.bytes, entries * 8);
  EXPECT_LE(s.bytes, entries * 32) << "a table at least a third full, and two ghosts each";
}

TEST_F(cache_statistics_test, the_bytes_are_those_of_negative_entries_too) {
  const std::uint64_t table = things({.idle_charge_max = 10}).statistics().bytes;
  EXPECT_GT(table, 0u);
  EXPECT_LT(table, 8192u) << "one segment";
  EXPECT_EQ(things({.idle_charge_max = 10, .absent_max = 10}).statistics().bytes, 2 * table);
  things all({.idle_charge_max = 10});
  (void)put_in(all, 7);
  EXPECT_EQ(all.statistics().bytes, table + 16) << "eight ghosts";
}

// As text.

/// One line of an exposition: name{label="value",...} number.
struct sample {
  std::string name;
  std::map<std::string, std::string> labels;
  std::string value;
};

/// Reads what an exposition says; fails the test where it is no OpenMetrics text.
/// Source: OpenMetrics 1.0.0, "ABNF".
class exposition {
 public:
  explicit exposition(std::string_view text) { read_all(text); }

  /// Of the one sample with that name and those labels.
  [[nodiscard]] std::string value(const std::string& name,
                                  const std::map<std::string, std::string>& labels) const {
    std::string out;
    for (const sample& each : samples) {
      if (each.name != name || each.labels != labels) continue;
      EXPECT_EQ(out, "") << "twice: " << name;
      out = each.value;
    }
    return out;
  }

  std::map<std::string, std::string> types;
  std::vector<sample> samples;

 private:
  void read_all(std::string_view text) {
    ASSERT_TRUE(text.ends_with("# EOF\n"));
    text.remove_suffix(6);
    std::string family;
    std::string type;
    while (!text.empty()) {
      const std::size_t end = text.find('\n');
      ASSERT_NE(end, text.npos) << "each line ends";
      std::string line(text.substr(0, end));
      text.remove_prefix(end + 1);
      if (line.starts_with("# TYPE ")) {
        std::istringstream words(line.substr(7));
        words >> family >> type;
        EXPECT_TRUE(type == "counter" || type == "gauge") << line;
        EXPECT_TRUE(types.emplace(family, type).second) << "a family stands together: " << line;
      } else if (line.starts_with("# HELP ")) {
        EXPECT_TRUE(line.substr(7).starts_with(family + " ")) << line;
      } else {
        samples.push_back(read(line));
        EXPECT_EQ(samples.back().name, type == "counter" ? family + "_total" : family) << line;
      }
    }
  }

  static sample read(const std::string& line) {
    sample out;
    std::size_t at = 0;
    const auto word = [&] {
      std::string letters;
      while (at < line.size() && (std::isalnum(line[at]) != 0 || line[at] == '_'))
        letters += line[at++];
      EXPECT_FALSE(letters.empty()) << line;
      return letters;
    };
    const auto skip = [&](char expected) {
      EXPECT_TRUE(at < line.size() && line[at] == expected) << line << " at " << at;
      ++at;
    };
    out.name = word();
    skip('{');
    for (bool more = true; more;) {
      std::string& value = out.labels[word()];
      skip('=');
      skip('"');
      while (at < line.size() && line[at] != '"') {
        if (line[at] == '\\') {
          ++at;
          EXPECT_TRUE(line[at] == 'n' || line[at] == '\\' || line[at] == '"') << line;
          value += line[at] == 'n' ? '\n' : line[at];
          ++at;
        } else {
          value += line[at++];
        }
      }
      skip('"');
      more = at < line.size() && line[at] == ',';
      skip(more ? ',' : '}');
    }
    skip(' ');
    out.value = line.substr(at);
    EXPECT_EQ(out.value.find_first_not_of("0123456789"), out.value.npos) << line;
    return out;
  }
};

TEST_F(cache_statistics_test, as_text_each_number_stands_under_its_name) {
  cache_statistics s;
  s.hits = 1;
  s.misses = 2;
  s.absent_hits = 3;
  s.inserts = 4;
  for (std::size_t i = 0; i < lastout::eviction_reasons; ++i) s.evictions[i] = 10 + i;
  s.waits = 5;
  s.refusals = 6;
  s.visits = 7;
  s.idle_entries = 20;
  s.idle_charge = 21;
  s.pinned_entries = 22;
  s.pinned_charge = 23;
  s.absent_entries = 24;
  s.bytes = 25;
  const std::array<named_statistics, 2> both = {{{"a", s}, {"b", {}}}};
  const exposition text(open_metrics(both));
  const std::map<std::string, std::string> a = {{"cache", "a"}};
  EXPECT_EQ(text.value("lastout_cache_hits_total", a), "1");
  EXPECT_EQ(text.value("lastout_cache_hits_total", {{"cache", "b"}}), "0");
  EXPECT_EQ(text.value("lastout_cache_misses_total", a), "2");
  EXPECT_EQ(text.value("lastout_cache_absent_hits_total", a), "3");
  EXPECT_EQ(text.value("lastout_cache_inserts_total", a), "4");
  EXPECT_EQ(text.value("lastout_cache_waits_total", a), "5");
  EXPECT_EQ(text.value("lastout_cache_refusals_total", a), "6");
  EXPECT_EQ(text.value("lastout_cache_visits_total", a), "7");
  EXPECT_EQ(text.value("lastout_cache_absent_entries", a), "24");
  EXPECT_EQ(text.value("lastout_cache_bytes", a), "25");
  std::set<std::string> reasons;
  for (std::size_t i = 0; i < lastout::eviction_reasons; ++i) {
    const std::string reason = name(static_cast<eviction>(i));
    EXPECT_TRUE(reasons.insert(reason).second);
    EXPECT_EQ(text.value("lastout_cache_evictions_total", {{"cache", "a"}, {"reason", reason}}),
              std::to_string(10 + i));
  }
  const auto use = [](const char* of) {
    return std::map<std::string, std::string>{{"cache", "a"}, {"use", of}};
  };
  EXPECT_EQ(text.value("lastout_cache_entries", use("idle")), "20");
  EXPECT_EQ(text.value("lastout_cache_charge", use("idle")), "21");
  EXPECT_EQ(text.value("lastout_cache_entries", use("pinned")), "22");
  EXPECT_EQ(text.value("lastout_cache_charge", use("pinned")), "23");
  EXPECT_EQ(text.types.at("lastout_cache_hits"), "counter");
  EXPECT_EQ(text.types.at("lastout_cache_charge"), "gauge");
}

TEST_F(cache_statistics_test, as_text_what_nobody_has_counted_is_none) {
  const exposition text(open_metrics("a", cache_statistics{}));
  EXPECT_EQ(text.samples.size(), 13u + lastout::eviction_reasons);
  for (const sample& each : text.samples) EXPECT_EQ(each.value, "0") << each.name;
}

TEST_F(cache_statistics_test, as_text_each_family_has_its_help_in_front) {
  const std::string text = open_metrics("a", cache_statistics{});
  for (const char* const family :
       {"hits", "misses", "absent_hits", "inserts", "evictions", "waits", "refusals", "visits",
        "entries", "charge", "absent_entries", "bytes"}) {
    const std::size_t help = text.find("# HELP lastout_cache_" + std::string(family) + " ");
    ASSERT_NE(help, std::string::npos) << family;
    EXPECT_LT(help, text.find("\nlastout_cache_" + std::string(family)));
  }
}

TEST_F(cache_statistics_test, any_name_of_a_cache_can_be_a_label) {
  const std::string odd = "a\"b\\c\nd{e}=,f";
  const named_statistics one = {odd, {.hits = 9}};
  const exposition text(open_metrics({&one, 1}));
  EXPECT_EQ(text.value("lastout_cache_hits_total", {{"cache", odd}}), "9");
}

TEST_F(cache_statistics_test, of_no_cache_there_is_a_text_too) {
  EXPECT_TRUE(exposition(open_metrics({})).samples.empty());
}

TEST_F(cache_statistics_test, a_reason_that_is_none_has_a_name) {
  EXPECT_STREQ(name(static_cast<eviction>(99)), "unknown");
}

}  // namespace
