// function_name.cpp - see function_name.hpp.

#include "function_name.hpp"

#include <cxxabi.h>

#include <cstddef>
#include <cstdlib>

namespace lastout::symbols {
namespace {

std::string demangled(const char* name) {
  int status = 0;
  char* const plain = abi::__cxa_demangle(name, nullptr, nullptr, &status);
  std::string out = status == 0 ? plain : name;
  std::free(plain);
  return out;
}

// The parameters are the last parentheses, but those of "(anonymous namespace)".
std::string without_parameters(std::string name) {
  int depth = 0;
  for (std::size_t at = name.size(); at-- > 0;) {
    if (name[at] == ')') ++depth;
    if (name[at] == '(' && --depth == 0 && at > 0 && name.compare(at, 11, "(anonymous ") != 0)
      return name.substr(0, at);
  }
  return name;
}

// Templates are demangled with what they return: it ends at the last space outside of brackets.
// Behind "operator" anything may stand.
std::string without_result(std::string name) {
  int depth = 0;
  std::size_t begin = 0;
  for (std::size_t at = 0; at < name.size(); ++at) {
    const char each = name[at];
    if (depth == 0 && name.compare(at, 8, "operator") == 0) break;
    if (each == '<' || each == '(' || each == '[' || each == '{') ++depth;
    if (each == '>' || each == ')' || each == ']' || each == '}') --depth;
    if (each == ' ' && depth == 0 && at + 1 < name.size() && name[at + 1] != '[') begin = at + 1;
  }
  return name.substr(begin);
}

}  // namespace

std::string function_name(const char* linkage_name) {
  const std::string_view mangled = linkage_name;
  if (!mangled.starts_with("_Z")) return linkage_name;
  return without_result(without_parameters(demangled(linkage_name)));
}

namespace {

// Names of a newer compiler than the runtime's demangler knows stay as they are.
bool is_mangled_style(std::string_view function) {
  for (const std::string_view front :
       {"_ZN7lastout", "_ZNK7lastout", "_ZNO7lastout", "_ZZN7lastout"}) {
    if (!function.starts_with(front)) continue;
    for (const std::string_view next :
         {"7checked", "9unchecked", "14checked_ledger", "16unchecked_ledger",
          "20checked_named_ledger", "22unchecked_named_ledger", "6ledger"}) {
      if (function.substr(front.size()).starts_with(next)) return true;
    }
  }
  return false;
}

}  // namespace

bool says_nothing(std::string_view function) {
  if (is_mangled_style(function)) return true;
  for (const std::string_view prefix :
       {"lastout::checked::", "lastout::unchecked::", "lastout::checked_ledger::",
        "lastout::unchecked_ledger::", "lastout::checked_named_ledger::",
        "lastout::unchecked_named_ledger::", "lastout::ledger::", "lastout::report",
        "std::", "pthread_mutex_", "pthread_rwlock_", "_Unwind_", "__gthread_", "__glibcxx_rwlock_",
        "__libc_start", "_start", "start_thread", "clone", "__clone", "execute_native_thread",
        // without names of their own: what they have to do with a stack is to start the thread
        "libc.so.6+0x", "libstdc++.so.6+0x"}) {
    if (function.starts_with(prefix)) return true;
  }
  return false;
}

}  // namespace lastout::symbols
