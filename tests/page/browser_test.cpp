// browser_test.cpp - the page as a browser shows it: chromium loads a copy of it in which visitor.js
// clicks, types, sorts, opens and chooses, and tells what it saw.
//
// The copy differs from the page by two scripts, watcher.js before the page's own one and visitor.js
// behind it, and by their digests in its Content-Security-Policy; all that the policy forbids stays
// forbidden.

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <embedded/visitor_js.hpp>
#include <embedded/watcher_js.hpp>

#include "hand_made.hpp"
#include "ledger/page.hpp"

namespace lastout::ledger_reader {
namespace {

using json = nlohmann::json;
using words = std::vector<std::string>;

/// A folder of its own, removed at the end.
class folder {
 public:
  folder() {
    std::string name = (std::filesystem::temp_directory_path() / "lastout-page-XXXXXX").string();
    if (mkdtemp(name.data()) != nullptr) path_ = name;
  }
  folder(const folder&) = delete;
  folder& operator=(const folder&) = delete;
  ~folder() {
    std::error_code ignored;
    if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
  }
  std::filesystem::path file(const char* name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

std::string read(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void write(const std::filesystem::path& file, std::string_view text) {
  std::ofstream(file, std::ios::binary) << text;
}

/// Calls chromium; what it prints goes to out.html and said.txt in the folder.
int browse(const folder& in, const std::string& options, const std::string& page) {
  const std::string command =
      "cd '" + in.file("").string() + "' && timeout -k 5 60 '" + LASTOUT_CHROMIUM +
      "' --headless=new --no-sandbox --disable-gpu --disable-dev-shm-usage --no-first-run"
      " --disable-background-networking --disable-component-update --disable-extensions"
      " --host-resolver-rules='MAP * ~NOTFOUND' --hide-scrollbars --enable-logging=stderr"
      " --user-data-dir=profile " +
      options + " 'file://" + in.file(page.c_str()).string() + "' >out.html 2>said.txt </dev/null";
  const int status = std::system(command.c_str());
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

void insert(std::string& text, std::string_view before, const std::string& what) {
  text.insert(text.find(before), what);  // throws when it is not there
}

std::string script(std::string_view text) { return "<script>" + std::string(text) + "</script>"; }

std::string decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    unsigned letter = static_cast<unsigned char>(text[i]);
    if (text[i] == '%' && i + 2 < text.size()) {
      std::from_chars(text.data() + i + 1, text.data() + i + 3, letter, 16);
      i += 2;
    }
    out += static_cast<char>(letter);
  }
  return out;
}

class browser_test : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    const folder here;
    std::string copy = page(server(), server_frames);
    insert(copy, std::string("'") + "; style-src",
           "' '" + std::string(embedded::watcher_js_sha256) + "' '" +
               std::string(embedded::visitor_js_sha256));
    insert(copy, "<title>", script(embedded::watcher_js));
    insert(copy, "</body>", script(embedded::visitor_js));
    write(here.file("page.html"), copy);
    const int status =
        browse(here, "--window-size=800,900 --virtual-time-budget=5000 --dump-dom", "page.html");
    const std::string out = read(here.file("out.html"));
    console_ = read(here.file("said.txt"));
    constexpr std::string_view mark = "data-seen=\"";
    const std::size_t begin = out.rfind(mark);
    if (status != 0 || begin == std::string::npos) return;
    const std::size_t end = out.find('"', begin + mark.size());
    seen_ = json::parse(
        decoded(std::string_view(out).substr(begin + mark.size(), end - begin - mark.size())));
  }

  void SetUp() override { ASSERT_TRUE(seen_.is_object()) << "no visit:\n" << console_; }

  static words column(const char* table, std::size_t number) {
    words out;
    for (const json& row : seen_[table]) out.push_back(row[number]);
    return out;
  }

  static inline json seen_;
  static inline std::string console_;
};

TEST_F(browser_test, nothing_goes_wrong_and_nothing_is_asked_for) {
  EXPECT_EQ(seen_["errors"], json::array());
  EXPECT_EQ(seen_["refusals"], json::array());
  EXPECT_EQ(seen_["requests"], json::array());
}

TEST_F(browser_test, hostile_names_stay_text) {
  EXPECT_EQ(seen_["hostile_elements"], 0);
  EXPECT_EQ(seen_["hostile_ran"], false);
  EXPECT_EQ(seen_["hostile_ran_after"], false);
  const json& evil = *std::find_if(seen_["holders"].begin(), seen_["holders"].end(),
                                   [](const json& row) { return row[3] == hostile_type; });
  EXPECT_EQ(evil[4], hostile_tag + hostile_frame);
  EXPECT_EQ(evil[6], hostile_thread + " 4713 (ended)");
}

// What would be refused if it were there after all: shows that the line above is not all there is.
TEST_F(browser_test, the_policy_lets_nothing_else_run_or_load) {
  EXPECT_EQ(seen_["tried"]["markup"], "TypeError");
  EXPECT_EQ(seen_["tried"]["evaluate"], "EvalError");
  EXPECT_EQ(seen_["tried"]["fetch"], "refused");
  const std::string refused = seen_["refused"].dump();
  for (const char* each : {"require-trusted-types-for", "img-src http://127.0.0.1:9/image",
                           "connect-src http://127.0.0.1:9/data"})
    EXPECT_NE(refused.find(each), std::string::npos) << each << " in " << refused;
}

TEST_F(browser_test, the_head_says_who_and_when) {
  EXPECT_EQ(seen_["title"], "server 4711 – Lastout ledger");
  const std::string head = seen_["head"];
  for (const char* each :
       {"2025-11-23 12:15:30 UTC", "/opt/app/server", "4711", "all stacks=8 history=100",
        "18 objects, 18 references", "3 events not noted"})
    EXPECT_NE(head.find(each), std::string::npos) << each << " in " << head;
  const std::string earlier = seen_["earlier"];
  EXPECT_NE(earlier.find("2 earlier dumps, the first 30 s before"), std::string::npos) << earlier;
  EXPECT_NE(earlier.find("child of 4700, forked 10 s before"), std::string::npos) << earlier;
}

TEST_F(browser_test, types_are_summed) {
  EXPECT_EQ(column("types", 0), (words{"app::net::session", "app::net::connection",
                                       "app::net::listener", hostile_type}));
  const json& session = seen_["types"][0];
  EXPECT_EQ(session, (words{"app::net::session", "14", "0", "13", "0", "0", "70 s", "16", "2", "90",
                            "70", "1", "0", "0"}));
  const json& listener = seen_["types"][2];
  EXPECT_EQ(listener[3], "2") << "references";
  EXPECT_EQ(listener[4], "1") << "of these existence";
  EXPECT_EQ(listener[6], "2 min") << "the oldest that somebody will put";
}

TEST_F(browser_test, holders_are_grouped_and_sorted) {
  EXPECT_EQ(seen_["holders"][0],
            (words{"12", "+10", "12", "app::net::session", "requestapp::serve  worker.cpp:77",
                   "external", "worker 4712", "12 s", "1 s"}));
  EXPECT_EQ(seen_["sorted_heads"], words{"Oldest"});
  EXPECT_EQ(seen_["holders_by_oldest"][0], hostile_tag + hostile_frame);
  EXPECT_EQ(seen_["holders_by_newest_first"][0], "requestapp::serve  worker.cpp:77");
}

TEST_F(browser_test, a_holder_opens_to_its_stack_and_shuts_again) {
  EXPECT_EQ(seen_["opened_stack"], (words{"app::serve  worker.cpp:77", "main  main.cpp:12"}));
  EXPECT_EQ(seen_["opened_is_said"], "true");
  EXPECT_EQ(seen_["closed_again"], 0);
}

TEST_F(browser_test, growth_is_told_across_two_load_addresses) {
  EXPECT_EQ(seen_["growth"][0], (words{"+10", "2", "12", "app::net::session",
                                       "requestapp::serve  worker.cpp:77", "external"}));
}

TEST_F(browser_test, types_are_drawn_over_time_and_the_legend_takes_lines_away) {
  EXPECT_EQ(seen_["lines"], 4);
  EXPECT_EQ(seen_["lines_without_one"], 3);
  EXPECT_EQ(seen_["points"].size(), 12U);
  EXPECT_EQ(seen_["points"][0],
            "app::net::session: 2 objects alive, dump 1, 2025-11-23 12:15:00 UTC");
  EXPECT_EQ(seen_["points"][2],
            "app::net::session: 14 objects alive, dump 3, 2025-11-23 12:15:30 UTC");
}

TEST_F(browser_test, the_graph_shows_keepers_and_its_cycle_in_red) {
  EXPECT_EQ(seen_["red_boxes"], (words{"connection", "session"}));
  EXPECT_EQ(seen_["arrows"],
            (words{"connection 0xb0000 keeps session 0xa0000: a handle inside",
                   "connection 0xd0000 keeps session 0xe0000: declared by the type",
                   "listener 0xc0000 keeps connection 0xd0000: declared as owner",
                   "session 0xa0000 keeps connection 0xb0000: a handle inside"}));
  EXPECT_EQ(seen_["red_arrows"], 2);
  EXPECT_EQ(seen_["boxes"].size(), 5U) << "what neither keeps nor is kept is not drawn";
  EXPECT_EQ(seen_["boxes_apart"], true);
  EXPECT_NE(seen_["red_heights"][0], seen_["red_heights"][1]) << "there and back, side by side";
  EXPECT_EQ(seen_["graph_note"], "Drawn: 5 objects, 4 arrows. 13 listed objects not drawn.");
}

TEST_F(browser_test, a_tangle_is_laid_out_from_left_to_right_without_overlap) {
  EXPECT_EQ(seen_["tangle"]["apart"], true);
  EXPECT_EQ(seen_["tangle"]["inside"], true);
  EXPECT_EQ(seen_["tangle"]["straight"], true) << "but for those that close a cycle, told as such";
  EXPECT_GT(seen_["tangle"]["turned"], 0);
}

TEST_F(browser_test, cycles_are_listed_as_paths) {
  EXPECT_EQ(seen_["cycles"], words{"session 0xa0000 → connection 0xb0000 → session 0xa0000"
                                   "Nothing noted outside holds it: it will not be freed."});
}

TEST_F(browser_test, a_search_filters_types_holders_and_objects_and_counts) {
  const json& found = seen_["searches"];
  EXPECT_EQ(found["app::serve"]["hits"],
            "types 0 of 4 · holders 2 of 7 · growth 2 of 7 · objects 0 of 18 · dead 1 of 2");
  EXPECT_EQ(found["evil"]["hits"],
            "types 1 of 4 · holders 1 of 7 · growth 1 of 7 · objects 1 of 18 · dead 0 of 2");
  EXPECT_EQ(found["REQUEST"]["hits"],
            "types 0 of 4 · holders 1 of 7 · growth 1 of 7 · objects 0 of 18 · dead 0 of 2");
  EXPECT_EQ(found["worker.cpp session"]["hits"],
            "types 0 of 4 · holders 1 of 7 · growth 1 of 7 · objects 0 of 18 · dead 1 of 2");
  EXPECT_EQ(found["0xe0000"]["objects"], words{"0xe0000"});
  EXPECT_EQ(found["0xe0000"]["marked"], 1);
  EXPECT_EQ(found["nobody has this name"]["hits"],
            "types 0 of 4 · holders 0 of 7 · growth 0 of 7 · objects 0 of 18 · dead 0 of 2");
  EXPECT_EQ(seen_["objects_after_search"], 18);
  EXPECT_EQ(seen_["slash_goes_to"], "search");
}

TEST_F(browser_test, a_chosen_object_shows_why_it_is_alive_and_its_history) {
  const json& panel = seen_["panel"];
  EXPECT_EQ(panel["shown"], true);
  EXPECT_EQ(panel["title"], "app::net::session");
  ASSERT_EQ(panel["chain"].size(), 4U);
  EXPECT_EQ(panel["chain"][0], "session 0xe0000");
  EXPECT_EQ(panel["chain"][1], "kept by connection 0xd0000 (declared by the type)");
  EXPECT_EQ(panel["chain"][2], "kept by listener 0xc0000 (declared as owner)");
  EXPECT_EQ(std::string(panel["chain"][3])
                .rfind("held from outside by 2 references, the oldest:existence", 0),
            0U)
      << panel["chain"][3];
  EXPECT_EQ(panel["history"],
            (words{"born 60 s ago, worker 4712", "got 59 s ago, worker 4712, handle at 0x7fff20",
                   "put 58 s ago, worker 4712, handle at 0x7fff20"}));
  EXPECT_EQ(seen_["chain_drawn"], (words{"connection", "listener", "session"}));
  EXPECT_EQ(seen_["panel_of_keeper"], "app::net::connection");
  EXPECT_EQ(seen_["references_of_keeper"],
            words{"external for 60 s, worker 4712, held by 0xc0000"});
  EXPECT_EQ(seen_["panel_closed"], true);
}

TEST_F(browser_test, an_object_in_a_cycle_says_so) {
  EXPECT_EQ(seen_["panel_of_cycle"],
            (words{"which is in a cycle that nothing noted outside holds",
                   "In a cycle: session 0xa0000 → connection 0xb0000 → session 0xa0000"}));
}

TEST_F(browser_test, the_lately_dead_are_listed_the_latest_first) {
  EXPECT_EQ(column("dead", 1), (words{"0x98000", "0x99000"}));
  EXPECT_EQ(seen_["dead"][1], (words{"app::net::session", "0x99000", "35 s", "15 s", "worker 4712",
                                     "app::serve  worker.cpp:77"}));
}

TEST_F(browser_test, the_page_is_no_wider_than_its_window) { EXPECT_EQ(seen_["width"], true); }

// The page itself, without scripts of the test: its own policy is met, and it can be drawn.
TEST_F(browser_test, the_page_is_drawn_and_the_console_stays_empty) {
  const folder here;
  write(here.file("page.html"), page(server(), server_frames));
  ASSERT_EQ(browse(here, "--window-size=1280,900 --screenshot=shot.png", "page.html"), 0)
      << read(here.file("said.txt"));
  EXPECT_EQ(read(here.file("shot.png")).substr(0, 8), "\x89PNG\r\n\x1a\n");
  const std::string said = read(here.file("said.txt"));
  EXPECT_EQ(said.find("CONSOLE"), std::string::npos) << said;
  EXPECT_NE(console_.find("CONSOLE"), std::string::npos) << "what the visitor tried is told there";
}

}  // namespace
}  // namespace lastout::ledger_reader
