// weights.cpp - each figure from a process of its own.

#include <nlohmann/json.hpp>

#include "cost.hpp"
#include "helper.hpp"

namespace bench {
namespace {

nlohmann::json told_by(const way& how, std::vector<std::string> words) {
  words.insert(words.begin(), {worker(how.compiled_in), how.choice});
  return nlohmann::json::parse(helper(words).hear());
}

}  // namespace

std::vector<weight> measure_weights(const settings& wanted) {
  std::vector<weight> out;
  for (const char* const what : {"references", "objects"}) {
    for (const way& how : ways()) {
      const auto found = told_by(how, {what, std::to_string(wanted.references)});
      out.push_back({.what = found.at("what"),
                     .how = &how,
                     .bytes = found.at("bytes"),
                     .handle = found.at("handle")});
    }
  }
  return out;
}

std::vector<dump_time> measure_dumps(const settings& wanted) {
  std::vector<dump_time> out;
  for (const way& how : ways()) {
    if (!how.compiled_in || how.bound != 0) continue;  // every object, as the figures are to be of
    for (const bool few : {true, false}) {
      const auto found = told_by(
          how, {"dump", std::to_string(wanted.references), few ? "few" : "many", wanted.folder});
      out.push_back({.of = few ? "references to 1,000 objects" : "objects with one reference each",
                     .how = &how,
                     .objects = found.at("objects"),
                     .references = found.at("references"),
                     .bytes = found.at("bytes"),
                     .to_memory_s = found.at("to_memory_s"),
                     .to_file_s = found.at("to_file_s")});
    }
  }
  return out;
}

}  // namespace bench
