// check.cpp - reads a disassembly and says whether the hot path of each probe is what it should be.
//
// The hot path runs from the entry to the return, with no conditional branch taken. It has exactly
// one lock-prefixed instruction, exactly one conditional branch, which goes forward past the return
// or to another section (where cold code is), no backward jump and no call.
//
// Usage: objdump -dr --no-show-raw-insn FILE.o | check FUNCTION...
// Exit: 0 all are; 1 one is not: what is wrong and the disassembly on stdout; 2 no such function.

#include <cstddef>
#include <cstdint>
#include <iostream>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

namespace {

struct instruction {
  std::uint64_t address = 0;
  std::string text;        // mnemonic and operands
  std::string relocation;  // what the linker puts into it: "R_X86_64_PC32 .text.unlikely-0x4"
};

struct function {
  std::string section;
  std::vector<instruction> body;
  std::string listing;
};

bool starts(const std::string& text, const char* with) { return text.rfind(with, 0) == 0; }

std::string trimmed(const std::string& text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

/// Takes one function out of what objdump wrote.
std::optional<function> find(const std::string& disassembly, const std::string& name) {
  std::istringstream lines(disassembly);
  std::string line;
  std::string section;
  std::optional<function> found;
  while (std::getline(lines, line)) {
    if (starts(line, "Disassembly of section ")) section = line.substr(23, line.size() - 24);
    const bool head = line.size() > 2 && line.back() == ':' &&
                      line.find(" <") != std::string::npos && line[0] != ' ' && line[0] != '\t';
    if (head) {
      if (found) break;
      if (line.find("<" + name + ">:") != std::string::npos) found = function{section, {}, {}};
    }
    if (!found) continue;
    found->listing += line + '\n';
    const std::size_t colon = line.find(':');
    if (head || colon == std::string::npos || starts(line, "Disassembly")) continue;
    if (starts(line, "\t\t\t")) {  // a relocation of the instruction above
      if (!found->body.empty()) found->body.back().relocation = trimmed(line.substr(colon + 1));
      continue;
    }
    found->body.push_back(
        {std::stoull(line.substr(0, colon), nullptr, 16), trimmed(line.substr(colon + 1)), {}});
  }
  return found;
}

bool is_return(const std::string& text) { return starts(text, "ret") || starts(text, "repz ret"); }
bool is_call(const std::string& text) { return text.find("call") != std::string::npos; }
bool is_jump(const std::string& text) { return starts(text, "jmp"); }
bool is_conditional(const std::string& text) {
  return (text[0] == 'j' && !is_jump(text)) || starts(text, "loop");
}
bool is_locked(const std::string& text) {
  const bool exchange = starts(text, "xchg") && text.find('(') != std::string::npos;
  return starts(text, "lock ") || exchange;  // an exchange with memory locks without saying so
}

/// The address that a jump goes to; none when the linker or a register says.
std::optional<std::uint64_t> target(const instruction& jump) {
  if (!jump.relocation.empty() || jump.text.find('*') != std::string::npos) return std::nullopt;
  std::istringstream words(jump.text);
  std::string mnemonic;
  std::string address;
  words >> mnemonic >> address;
  return std::stoull(address, nullptr, 16);
}

struct verdict {
  int locked = 0;
  int branches = 0;
  std::vector<std::string> wrong;
};

verdict walk(const function& f) {
  verdict v;
  std::vector<std::uint64_t> taken;  // where the branches go
  const auto complain = [&v](const instruction& at, const char* what) {
    v.wrong.push_back(std::string(what) + ": " + at.text);
  };
  std::size_t i = 0;
  while (i < f.body.size() && !is_return(f.body[i].text)) {
    const instruction& now = f.body[i++];
    if (is_locked(now.text)) ++v.locked;
    if (is_call(now.text)) complain(now, "a call in the hot path");
    if (is_conditional(now.text)) {
      ++v.branches;
      const auto to = target(now);
      if (to) taken.push_back(*to);
      if (!to && now.relocation.find(f.section + "-") != std::string::npos)
        complain(now, "a branch into hot code");
    }
    if (is_jump(now.text)) {
      const auto to = target(now);
      if (!to) {
        complain(now, "the hot path leaves the function");
        break;
      }
      std::size_t next = i;
      while (next < f.body.size() && f.body[next].address != *to) ++next;
      if (next == f.body.size()) complain(now, "a jump backward");
      i = next;
    }
  }
  if (i >= f.body.size()) {
    v.wrong.push_back("the hot path does not return");
  } else {
    for (const std::uint64_t to : taken)
      if (to <= f.body[i].address) v.wrong.push_back("a branch that does not leave the hot path");
  }
  if (v.locked != 1)
    v.wrong.push_back(std::to_string(v.locked) +
                      " lock-prefixed instructions in the hot path, not 1");
  if (v.branches != 1)
    v.wrong.push_back(std::to_string(v.branches) + " conditional branches in the hot path, not 1");
  return v;
}

}  // namespace

int main(int count, char** names) {
  std::ostringstream all;
  all << std::cin.rdbuf();
  int result = 0;
  for (int i = 1; i < count; ++i) {
    const auto f = find(all.str(), names[i]);
    if (!f) {
      std::cout << names[i] << ": not in the disassembly\n";
      return 2;
    }
    const verdict v = walk(*f);
    if (v.wrong.empty()) {
      std::cout << names[i] << ": one locked instruction, one branch that is not taken\n";
      continue;
    }
    result = 1;
    for (const std::string& wrong : v.wrong) std::cout << names[i] << ": " << wrong << '\n';
    std::cout << f->listing;
  }
  return result;
}
