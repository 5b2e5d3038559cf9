// layers.cpp - each file of a folder is in the table of its README, once, and includes only what the
// table allows: what stands lower, or further left on its own line; of the first line nothing.
//
// The table is the document's first block between ``` and ```: a layer's name, then its files, without
// their suffix. `allowed` are includes that the document admits to besides; one that is not made any
// more is wrong too.
//
// Usage: layers FOLDER DOCUMENT [PREFIX [FILE.cpp:OTHER...]]. PREFIX begins the includes that are
// looked at: `<lastout/` when it is not said. Exit: 0 all do; 1 one does not: the file and what is
// wrong on stdout; 2 a file cannot be read.

#include <cstddef>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace {

struct place {
  std::size_t line;
  std::size_t column;
};

using table = std::map<std::string, place>;

int wrong = 0;

void tell(const std::string& file, const std::string& what) {
  ++wrong;
  std::cout << file << ": " << what << '\n';
}

std::ifstream open(const std::filesystem::path& file) {
  std::ifstream in(file);
  if (in) return in;
  std::cout << file.string() << ": cannot be read\n";
  std::exit(2);
}

table read_table(const std::filesystem::path& document) {
  std::ifstream in = open(document);
  std::string line;
  while (std::getline(in, line) && line.rfind("```", 0) != 0) {
  }
  table all;
  for (std::size_t row = 0; std::getline(in, line) && line.rfind("```", 0) != 0; ++row) {
    std::istringstream words(line);
    std::string word;
    words >> word;  // the layer's name
    for (std::size_t column = 0; words >> word; ++column) {
      if (!all.emplace(word, place{row, column}).second)
        tell(word + ".hpp", "is in the table twice");
    }
  }
  return all;
}

/// Our own headers that this file includes, without folder and suffix.
std::vector<std::string> included_by(const std::filesystem::path& file, const std::string& prefix) {
  const std::string before = "#include " + prefix;
  const std::string after = ".hpp";
  std::vector<std::string> names;
  std::ifstream in = open(file);
  for (std::string line; std::getline(in, line);) {
    if (line.rfind(before, 0) != 0) continue;
    const std::size_t end = line.find(after);
    names.push_back(line.substr(before.size(), end - before.size()));
  }
  return names;
}

bool may_include(place who, place what) {
  if (what.line == who.line) return who.line != 0 && what.column < who.column;
  return what.line > who.line;
}

}  // namespace

int main(int count, char** words) {
  if (count < 3) return 2;
  const table all = read_table(words[2]);
  const std::string prefix = count > 3 ? words[3] : "<lastout/";
  std::set<std::string> allowed(words + (count > 3 ? 4 : 3), words + count);
  std::set<std::string> seen;
  std::size_t includes = 0;
  for (const auto& entry : std::filesystem::directory_iterator(words[1])) {
    const std::string suffix = entry.path().extension().string();
    if (suffix != ".hpp" && suffix != ".cpp") continue;
    const std::string name = entry.path().stem().string();
    const std::string file = name + suffix;
    seen.insert(name);
    const auto who = all.find(name);
    if (who == all.end()) {
      tell(file, "is not in the table");
      continue;
    }
    for (const std::string& other : included_by(entry.path(), prefix)) {
      if (other == name) continue;  // a .cpp its own header
      ++includes;
      const auto what = all.find(other);
      if (what != all.end() && may_include(who->second, what->second)) continue;
      if (allowed.erase(file + ":" + other) == 0) tell(file, "may not include " + other);
    }
  }
  for (const auto& [name, where] : all) {
    if (seen.count(name) == 0) tell(name + ".hpp", "is in the table and nowhere else");
  }
  for (const std::string& each : allowed) tell(each, "is allowed and not needed");
  if (seen.empty()) tell("*", "no file found");
  if (wrong == 0)
    std::cout << seen.size() << " files, " << includes << " includes, as in the table\n";
  return wrong == 0 ? 0 : 1;
}
