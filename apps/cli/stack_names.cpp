// stack_names.cpp - see stack_names.hpp.

#include "stack_names.hpp"

#include <cxxabi.h>
#include <dlfcn.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <cstdlib>

#include <fmt/format.h>

#if LASTOUT_HAVE_LIBDW
#include <dwarf.h>
#include <elfutils/libdw.h>
#include <elfutils/libdwfl.h>
#endif

namespace cli {
namespace {

std::string demangled(const char* name) {
  int status = 0;
  char* const plain = abi::__cxa_demangle(name, nullptr, nullptr, &status);
  std::string out = status == 0 ? plain : name;
  std::free(plain);
  return out;
}

// "lastout::vfs::f(int, char const*)" is told as "lastout::vfs::f": the place is what matters.
std::string without_parameters(std::string name) {
  int depth = 0;
  for (std::size_t at = name.size(); at-- > 0;) {
    if (name[at] == ')') ++depth;
    if (name[at] == '(' && --depth == 0 && at > 0 && name.compare(at, 11, "(anonymous ") != 0) {
      return name.substr(0, at);
    }
  }
  return name;
}

// The core's own functions: between a put and what it led to, they say nothing.
bool is_library(std::string_view function) {
  if (function.starts_with("void ")) function.remove_prefix(5);
  for (const std::string_view prefix : {"lastout::checked::", "lastout::unchecked::"}) {
    if (function.starts_with(prefix)) return true;
  }
  return false;
}

[[maybe_unused]] std::string module_and_symbol(const void* address) {
  Dl_info found{};
  if (dladdr(address, &found) == 0) return fmt::format("{}", address);
  if (found.dli_sname != nullptr) return without_parameters(demangled(found.dli_sname));
  const auto offset =
      reinterpret_cast<std::uintptr_t>(address) - reinterpret_cast<std::uintptr_t>(found.dli_fbase);
  return fmt::format("{}+{:#x}", found.dli_fname == nullptr ? "?" : found.dli_fname, offset);
}

}  // namespace

#if LASTOUT_HAVE_LIBDW

namespace {

// The path from the root of the sources on: the build maps that root away, and debug information
// puts the compiler's folder in front of what is left.
std::string source_path(Dwfl_Line* line, const char* path) {
  std::string out = path;
  const char* const folder = dwfl_line_comp_dir(line);
  if (folder != nullptr && *folder != '\0' && out.starts_with(std::string(folder) + "/")) {
    out.erase(0, std::string_view(folder).size() + 1);
  }
  return out;
}

std::string die_name(Dwarf_Die* die) {
  Dwarf_Attribute attribute;
  for (const unsigned which : {DW_AT_linkage_name, DW_AT_MIPS_linkage_name}) {
    if (dwarf_attr_integrate(die, which, &attribute) != nullptr) {
      const char* const name = dwarf_formstring(&attribute);
      if (name != nullptr) return without_parameters(demangled(name));
    }
  }
  const char* const name = dwarf_diename(die);
  return name == nullptr ? "?" : name;
}

std::string call_site(Dwarf_Die* unit, Dwarf_Die* inlined) {
  Dwarf_Word file = 0;
  Dwarf_Word line = 0;
  Dwarf_Attribute attribute;
  if (dwarf_attr(inlined, DW_AT_call_file, &attribute) == nullptr ||
      dwarf_formudata(&attribute, &file) != 0)
    return "?";
  if (dwarf_attr(inlined, DW_AT_call_line, &attribute) == nullptr ||
      dwarf_formudata(&attribute, &line) != 0)
    return "?";
  Dwarf_Files* files = nullptr;
  std::size_t count = 0;
  if (dwarf_getsrcfiles(unit, &files, &count) != 0) return "?";
  const char* path = dwarf_filesrc(files, file, nullptr, nullptr);
  if (path == nullptr) return "?";
  std::string out = path;
  const char* folder = nullptr;
  if (dwarf_attr(unit, DW_AT_comp_dir, &attribute) != nullptr)
    folder = dwarf_formstring(&attribute);
  if (folder != nullptr && out.starts_with(std::string(folder) + "/"))
    out.erase(0, std::string_view(folder).size() + 1);
  return fmt::format("{}:{}", out, line);
}

}  // namespace

struct stack_names::debug_information {
  debug_information() {
    static char* paths = nullptr;  // where separate debug information would be: the usual places
    static const Dwfl_Callbacks callbacks = {&dwfl_linux_proc_find_elf,
                                             &dwfl_standard_find_debuginfo, nullptr, &paths};
    session = dwfl_begin(&callbacks);
    if (session == nullptr) return;
    if (dwfl_linux_proc_report(session, getpid()) != 0 ||
        dwfl_report_end(session, nullptr, nullptr) != 0) {
      dwfl_end(session);
      session = nullptr;
    }
  }
  debug_information(const debug_information&) = delete;
  debug_information& operator=(const debug_information&) = delete;
  ~debug_information() {
    if (session != nullptr) dwfl_end(session);
  }

  Dwfl* session = nullptr;
};

std::vector<std::string> stack_names::functions_at(const void* return_address) {
  // The call is before the address to which it returns.
  const auto address =
      static_cast<Dwarf_Addr>(reinterpret_cast<std::uintptr_t>(return_address)) - 1;
  Dwfl_Module* const module =
      about_->session == nullptr ? nullptr : dwfl_addrmodule(about_->session, address);
  if (module == nullptr) return {module_and_symbol(return_address)};

  std::string place;
  if (Dwfl_Line* const line = dwfl_module_getsrc(module, address); line != nullptr) {
    int number = 0;
    if (const char* const path = dwfl_lineinfo(line, nullptr, &number, nullptr, nullptr, nullptr);
        path != nullptr) {
      place = fmt::format("{}:{}", source_path(line, path), number);
    }
  }

  std::vector<std::string> out;
  Dwarf_Addr bias = 0;
  if (Dwarf_Die* const unit = dwfl_module_addrdie(module, address, &bias); unit != nullptr) {
    Dwarf_Die* scopes = nullptr;
    const int count = dwarf_getscopes(unit, address - bias, &scopes);
    Dwarf_Die* inside = scopes;
    // dwarf_getscopes answers for a concrete function with its abstract origin's surroundings: ask
    // again from the innermost scope, for the scopes that the code is really in.
    Dwarf_Die* chain = nullptr;
    const int depth = count > 0 ? dwarf_getscopes_die(inside, &chain) : 0;
    for (int i = 0; i < depth; ++i) {
      const int tag = dwarf_tag(&chain[i]);
      if (tag != DW_TAG_inlined_subroutine && tag != DW_TAG_subprogram) continue;
      out.push_back(fmt::format("{}  {}", die_name(&chain[i]), place));
      if (tag == DW_TAG_subprogram) break;
      place = call_site(unit, &chain[i]);
    }
    std::free(chain);
    std::free(scopes);
  }
  if (!out.empty()) return out;

  const char* const symbol = dwfl_module_addrname(module, address);
  std::string name =
      symbol == nullptr ? module_and_symbol(return_address) : without_parameters(demangled(symbol));
  return {place.empty() ? name : fmt::format("{}  {}", name, place)};
}

#else

struct stack_names::debug_information {};

std::vector<std::string> stack_names::functions_at(const void* return_address) {
  return {module_and_symbol(return_address)};
}

#endif

stack_names::stack_names() : about_(std::make_unique<debug_information>()) {}
stack_names::~stack_names() = default;

std::vector<std::string> stack_names::lines(std::span<const void* const> stack) {
  std::vector<std::string> out;
  for (const void* const address : stack) {
    if (address == nullptr) break;
    for (std::string& function : functions_at(address)) {
      // How the library tells of it is no news; nor is what comes before main and a thread's first
      // function.
      if (is_library(function) || function.starts_with("__libc_start") ||
          function.starts_with("_start") || function.starts_with("start_thread") ||
          function.starts_with("std::") || function.starts_with("clone") ||
          function.starts_with("execute_native_thread")) {
        continue;
      }
      out.push_back(std::move(function));
    }
  }
  return out;
}

std::string stack_names::with_places(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t mark = text.find("@0x", at);
    if (mark == std::string_view::npos) {
      out += text.substr(at);
      break;
    }
    out += text.substr(at, mark - at);
    std::uintptr_t address = 0;
    const char* const digits = text.data() + mark + 3;
    const auto [rest, error] = std::from_chars(digits, text.data() + text.size(), address, 16);
    at = static_cast<std::size_t>(rest - text.data());
    if (error != std::errc{}) {
      out += "@0x";
      at = mark + 3;
      continue;
    }
    const std::vector<std::string> functions = functions_at(reinterpret_cast<const void*>(address));
    for (std::size_t i = 0; i < functions.size(); ++i) out += (i == 0 ? "" : " < ") + functions[i];
  }
  return out;
}

}  // namespace cli
