// check.cpp - every block of C++ in a document stands, line for line, in a test that is compiled
// and run; and each document has one.
//
// A block is what stands between ```cpp and ```. It may be indented otherwise than in its test, and
// lines that consist of blanks count as empty.
//
// Usage: check TESTS_FOLDER DOCUMENT... Exit: 0 all do; 1 one does not: the document, the line and
// the block on stdout, or the document that has none; 2 a file cannot be read.

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <string>
#include <vector>

namespace {

using lines = std::vector<std::string>;

lines read(const std::filesystem::path& file) {
  std::ifstream in(file);
  if (!in) {
    std::cout << file.string() << ": cannot be read\n";
    std::exit(2);
  }
  lines all;
  for (std::string line; std::getline(in, line);) {
    line.erase(line.find_last_not_of(" \t\r") + 1);
    all.push_back(line);
  }
  return all;
}

std::size_t indent(const std::string& line) { return line.find_first_not_of(' '); }

/// Without empty lines at both ends, and without the indentation that all lines share.
lines stripped(lines block) {
  const auto full = [](const std::string& line) { return !line.empty(); };
  block.erase(block.begin(), std::find_if(block.begin(), block.end(), full));
  block.erase(std::find_if(block.rbegin(), block.rend(), full).base(), block.end());
  std::size_t shared = std::string::npos;
  for (const std::string& line : block) shared = std::min(shared, indent(line));
  for (std::string& line : block) line.erase(0, std::min(shared, line.size()));
  return block;
}

/// True when the block stands in the file from line `at` on, all of it moved right by one distance.
bool stands_at(const lines& block, const lines& file, std::size_t at) {
  if (file.size() - at < block.size() || file[at].size() < block[0].size()) return false;
  const std::string blanks(file[at].size() - block[0].size(), ' ');
  for (std::size_t i = 0; i < block.size(); ++i) {
    if (file[at + i] != (block[i].empty() ? "" : blanks + block[i])) return false;
  }
  return true;
}

bool stands_in(const lines& block, const lines& file) {
  for (std::size_t at = 0; at < file.size(); ++at) {
    if (stands_at(block, file, at)) return true;
  }
  return false;
}

}  // namespace

int main(int count, char** words) {
  if (count < 3) return 2;
  std::vector<lines> tests;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(words[1])) {
    if (entry.path().extension() == ".cpp") tests.push_back(read(entry.path()));
  }
  int blocks = 0;
  int missing = 0;
  for (int i = 2; i < count; ++i) {
    const lines document = read(words[i]);
    const int blocks_before = blocks;
    for (auto line = document.begin(); line != document.end(); ++line) {
      if (line->substr(std::min(indent(*line), line->size())) != "```cpp") continue;
      const auto end = std::find_if(line + 1, document.end(), [](const std::string& each) {
        return each.find("```") != std::string::npos;
      });
      const lines block = stripped({line + 1, end});
      const auto number = line - document.begin() + 1;
      line = end == document.end() ? end - 1 : end;
      ++blocks;
      const auto has_it = [&block](const lines& test) { return stands_in(block, test); };
      if (!block.empty() && std::any_of(tests.begin(), tests.end(), has_it)) continue;
      ++missing;
      std::cout << words[i] << ':' << number << ": this block stands in no test:\n";
      for (const std::string& each : block) std::cout << "  " << each << '\n';
    }
    if (blocks != blocks_before) continue;
    ++missing;
    std::cout << words[i] << ": no block of C++\n";
  }
  if (missing == 0) std::cout << blocks << " blocks, each stands in a test\n";
  return missing == 0 ? 0 : 1;
}
