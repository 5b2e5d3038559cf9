// settings.cpp - the ways, and what the command line may say.

#include "settings.hpp"

#include <algorithm>
#include <filesystem>

#include "../command_line.hpp"

namespace bench {
namespace {

constexpr double idle_bound = 1.1;
constexpr double sampled_bound = 1.2;

void make_quick(settings& of) {
  of.repeats = 4;
  of.starts = 2;
  of.turn_ns = 2e5;
  of.objects = 20'000;
  of.references = 20'000;
}

}  // namespace

// Nobody asks from outside: a thread that listens would be one more.
const std::vector<way>& ways() {
  static const std::vector<way> all = {
      {without, false, ""},
      {"compiled in, idle", true, "off,socket=off", idle_bound},
      {"1 object in 1,000, with stacks", true, "all,share=1/1000,stacks=16,socket=off",
       sampled_bound},
      {"every object, without stacks", true, "all,stacks=0,socket=off"},
      {"every object, with stacks", true, "all,stacks=16,socket=off"}};
  return all;
}

bool settings::wants(const std::string& part) const {
  return std::find(parts.begin(), parts.end(), part) != parts.end();
}

std::optional<int> read(int count, char** words, settings& out) {
  out.folder = std::filesystem::temp_directory_path().string();
  CLI::App app{"What the ledger costs: programs with it and without it, taking turns."};
  add_row_options(app, out);
  app.add_option("--starts", out.starts, "how often the programs are started anew")
      ->type_name("N")
      ->check(CLI::Range(1u, 1000u))
      ->capture_default_str();
  app.add_option("--only", out.parts, "these parts: times, instructions, memory, dumps")
      ->type_name("PART")
      ->delimiter(',')
      ->check(CLI::IsMember(settings().parts));
  app.add_option("--folder", out.folder, "where dumps are written to, and removed again")
      ->type_name("FOLDER")
      ->check(CLI::ExistingDirectory)
      ->capture_default_str();
  bool quick = false;
  app.add_flag("--quick", quick,
               "small tables, a few short turns: to see that it runs, not to compare");
  const std::optional<int> status = bench::read(app, count, words);
  if (quick) make_quick(out);
  return status;
}

}  // namespace bench
