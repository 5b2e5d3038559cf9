// settings.cpp - what the benches of tables understand on their command lines.

#include "settings.hpp"

#include "../command_line.hpp"

namespace bench {
namespace {

void make_quick(settings& of) {
  of.repeats = 3;
  of.turn_ns = 2e5;
  of.objects = 20'000;
  of.growth_max = 10'000;
  of.tail_rounds = 1;
}

std::string take_only(settings& of, const std::string& text) {
  try {
    of.only = std::regex(text, std::regex::extended);
    return {};
  } catch (const std::regex_error& error) {
    return error.what();
  }
}

}  // namespace

std::optional<int> read(const char* about, int count, char** words, settings& out) {
  CLI::App app{about};
  add_row_options(app, out);
  app.add_option("--page", out.page, "write a page with plots to this file (HTML)")
      ->type_name("FILE");
  app.add_option("--only", out.only_text,
                 "only rows whose \"bench: subject\" matches; also growth and tail")
      ->type_name("REGEX")
      ->check([&out](const std::string& text) { return take_only(out, text); }, "", "");
  bool quick = false;
  app.add_flag("--quick", quick,
               "small tables, a few short turns: to see that it runs, not to compare");
  const std::optional<int> status = bench::read(app, count, words);
  if (quick) make_quick(out);
  return status;
}

}  // namespace bench
