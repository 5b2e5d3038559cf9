// worker.cpp - works when it is told to; built twice, with the ledger and without it.
//
//   worker CHOICE rows OBJECTS THREADS_MAX TURN_NS   a line for each row: threads, whether it is the
//                                                    cache's, its name; `ready`; then, for each
//                                                    number of a row that it reads, the nanoseconds
//                                                    of one operation in one more turn of that row
//   worker CHOICE count OBJECTS TIMES                under callgrind: a dump for each task, named
//                                                    after it, of so many operations
//   worker CHOICE references|objects N               what they weigh, as JSON
//   worker CHOICE dump N few|many FOLDER             what a dump takes, as JSON

#include <charconv>
#include <cstdio>
#include <exception>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#if __has_include(<valgrind/callgrind.h>)
#include <valgrind/callgrind.h>
#endif

#include <nlohmann/json.hpp>

#include <lastout/config.hpp>

#if LASTOUT_LEDGER
#include <lastout/ledger.hpp>
#endif

#include "../team.hpp"
#include "million.hpp"
#include "task.hpp"
#include "turns_taken.hpp"

namespace {

using word_list = std::vector<std::string>;

std::uint64_t number(const std::string& word) {
  std::uint64_t out = 0;
  const auto [end, failed] = std::from_chars(word.data(), word.data() + word.size(), out);
  if (failed != std::errc{} || end != word.data() + word.size()) {
    throw std::invalid_argument("'" + word + "' is no number");
  }
  return out;
}

void choose(const std::string& choice) {
#if LASTOUT_LEDGER
  const std::string wrong = lastout::ledger::apply(choice);
#else
  const std::string wrong = choice.empty() ? "" : "there is no ledger in this worker";
#endif
  if (!wrong.empty()) throw std::invalid_argument(wrong);
}

void serve_rows(std::uint64_t objects, unsigned threads_max, double turn_ns) {
  bench::team team(threads_max);
  unsigned copies = 0;
  for (unsigned threads = 1; threads <= threads_max; threads *= 2) ++copies;
  std::vector<bench::task> all = bench::tasks(objects, copies);
  std::vector<std::unique_ptr<bench::turns_taken>> rows;
  const std::size_t kinds = all.size() / copies;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const unsigned threads = 1u << (i / kinds);
    rows.push_back(std::make_unique<bench::turns_taken>(team, all[i], threads, turn_ns));
    std::cout << threads << ' ' << all[i].of_the_cache << ' ' << all[i].name << '\n';
  }
  std::cout << "ready" << std::endl;
  for (std::string line; std::getline(std::cin, line);) {
    std::cout << rows.at(number(line))->one_more() << std::endl;
  }
}

void count(std::uint64_t objects, std::uint64_t times) {
  for (const bench::task& each : bench::tasks(objects, 1)) {
    void* const object = each.what.make_object();
    void* const hand = each.what.make_hand(object);
    each.what.run(hand, times);  // what happens only the first time is over
#ifdef CALLGRIND_TOGGLE_COLLECT
    CALLGRIND_TOGGLE_COLLECT;
    each.what.run(hand, times);
    CALLGRIND_TOGGLE_COLLECT;
    CALLGRIND_DUMP_STATS_AT(each.name.c_str());
#else
    throw std::runtime_error("built without valgrind's header callgrind.h");
#endif
    each.what.free_hand(hand);
    each.what.free_object(object);
  }
}

void work(const word_list& words) {
  choose(words.at(0));
  const std::string& what = words.at(1);
  const std::uint64_t n = number(words.at(2));
  if (what == "rows")
    return serve_rows(n, static_cast<unsigned>(number(words.at(3))),
                      static_cast<double>(number(words.at(4))));
  if (what == "count") return count(n, number(words.at(3)));
  nlohmann::ordered_json out;
  if (what == "references") {
    out = bench::weigh_references(n);
  } else if (what == "objects") {
    out = bench::weigh_objects(n);
  } else if (what == "dump") {
    out = bench::time_dumps(n, words.at(3) == "few", words.at(4));
  } else {
    throw std::invalid_argument("'" + what + "' is nothing that this worker does");
  }
  std::cout << out.dump() << std::endl;
}

}  // namespace

int main(int argument_count, char** arguments) {
  try {
    work(word_list(arguments + 1, arguments + argument_count));
    return 0;
  } catch (const std::exception& failed) {
    std::fprintf(stderr, "%s: %s\n", program_invocation_short_name, failed.what());
    return 2;
  }
}
