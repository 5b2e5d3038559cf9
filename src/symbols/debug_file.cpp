// debug_file.cpp - see debug_file.hpp. What libdw answers: elfutils/libdwfl.h.

#include "debug_file.hpp"

#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <system_error>
#include <utility>

#include "function_name.hpp"
#include "stack_names.hpp"

#if LASTOUT_HAVE_LIBDW

#include <dwarf.h>
#include <elfutils/libdw.h>
#include <elfutils/libdwelf.h>
#include <elfutils/libdwfl.h>
#include <fcntl.h>
#include <gelf.h>
#include <sys/stat.h>
#include <unistd.h>

namespace lastout::symbols {
namespace {

std::string told(const char* folder, const char* path, std::uint64_t line) {
  std::string out = path;
  // The path from the root of the sources on: the build maps that root away, and debug information
  // puts the compiler's folder in front of what is left.
  if (folder != nullptr && *folder != '\0' && out.starts_with(std::string(folder) + "/"))
    out.erase(0, std::string_view(folder).size() + 1);
  return out + ":" + std::to_string(line);
}

// The name with its namespaces; empty when debug information has only the last part of it.
std::string linkage_name_of(Dwarf_Die* die) {
  Dwarf_Attribute attribute;
  for (const unsigned which : {DW_AT_linkage_name, DW_AT_MIPS_linkage_name}) {
    if (dwarf_attr_integrate(die, which, &attribute) == nullptr) continue;
    if (const char* const name = dwarf_formstring(&attribute); name != nullptr)
      return function_name(name);
  }
  return {};
}

std::string name_of(Dwarf_Die* die) {
  std::string out = linkage_name_of(die);
  if (!out.empty()) return out;
  const char* const name = dwarf_diename(die);
  return name == nullptr ? "?" : name;
}

std::string call_site(Dwarf_Die* unit, Dwarf_Die* inlined) {
  Dwarf_Word file = 0;
  Dwarf_Word line = 0;
  Dwarf_Attribute attribute;
  if (dwarf_attr(inlined, DW_AT_call_file, &attribute) == nullptr ||
      dwarf_formudata(&attribute, &file) != 0 ||
      dwarf_attr(inlined, DW_AT_call_line, &attribute) == nullptr ||
      dwarf_formudata(&attribute, &line) != 0)
    return {};
  Dwarf_Files* files = nullptr;
  std::size_t count = 0;
  if (dwarf_getsrcfiles(unit, &files, &count) != 0) return {};
  const char* const path = dwarf_filesrc(files, file, nullptr, nullptr);
  if (path == nullptr) return {};
  const char* folder = nullptr;
  if (dwarf_attr(unit, DW_AT_comp_dir, &attribute) != nullptr)
    folder = dwarf_formstring(&attribute);
  return told(folder, path, line);
}

std::string build_id_of(Elf* elf) {
  const void* bytes = nullptr;
  const ssize_t n = dwelf_elf_gnu_build_id(elf, &bytes);
  std::string out;
  for (ssize_t i = 0; i < n; ++i) {
    static constexpr char digits[] = "0123456789abcdef";
    const auto each = static_cast<const unsigned char*>(bytes)[i];
    out += digits[each >> 4U];
    out += digits[each & 15U];
  }
  return out;
}

// What is added to the file's own addresses; nothing when it has no such segment.
std::optional<std::uint64_t> bias_of(Elf* elf, const module& loaded) {
  std::size_t count = 0;
  if (elf_getphdrnum(elf, &count) != 0) return std::nullopt;
  for (std::size_t i = 0; i < count; ++i) {
    GElf_Phdr header;
    if (gelf_getphdr(elf, static_cast<int>(i), &header) == nullptr) continue;
    if (header.p_type == PT_LOAD && (header.p_flags & PF_X) != 0 &&
        header.p_offset == loaded.offset)
      return loaded.begin - header.p_vaddr;
  }
  return std::nullopt;
}

}  // namespace

struct debug_file::session {
  session() = default;
  session(const session&) = delete;
  session& operator=(const session&) = delete;
  ~session() {
    if (all != nullptr) dwfl_end(all);
  }

  // Returns  what is wrong, or nothing.
  std::string open(const module& loaded, const std::string& path) {
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0) return std::generic_category().message(errno);
    std::string wrong = report(loaded, path, fd);
    ::close(fd);
    return wrong;
  }

  Dwfl* all = nullptr;
  Dwfl_Module* file = nullptr;

 private:
  std::string report(const module& loaded, const std::string& path, int fd) {
    struct stat about{};
    if (fstat(fd, &about) != 0 || !S_ISREG(about.st_mode)) return "no ordinary file";
    elf_version(EV_CURRENT);
    Elf* const elf = elf_begin(fd, ELF_C_READ_MMAP, nullptr);
    const bool is_elf = elf != nullptr && elf_kind(elf) == ELF_K_ELF;
    const std::string id = is_elf ? build_id_of(elf) : std::string();
    const std::optional<std::uint64_t> bias = is_elf ? bias_of(elf, loaded) : std::nullopt;
    elf_end(elf);
    if (!bias || id != loaded.build_id) return "it has changed since it was loaded";

    static char* separate = nullptr;  // where debug information of its own is: the usual places
    static const Dwfl_Callbacks callbacks = {nullptr, &dwfl_standard_find_debuginfo,
                                             &dwfl_offline_section_address, &separate};
    all = dwfl_begin(&callbacks);
    if (all == nullptr) return dwfl_errmsg(-1);
    const int own = ::dup(fd);  // libdwfl closes it
    file = dwfl_report_elf(all, path.c_str(), path.c_str(), own, *bias, true);
    if (file == nullptr) ::close(own);
    if (dwfl_report_end(all, nullptr, nullptr) != 0 || file == nullptr) return dwfl_errmsg(-1);
    return {};
  }
};

debug_file::debug_file(const module& loaded, const std::string& open_as)
    : session_(std::make_unique<session>()), wrong_(session_->open(loaded, open_as)) {}

debug_file::~debug_file() = default;

std::vector<frame> debug_file::frames(std::uint64_t address) const {
  std::vector<frame> out;
  Dwfl_Module* const file = session_->file;
  if (!wrong_.empty() || file == nullptr) return out;

  std::string place;
  if (Dwfl_Line* const line = dwfl_module_getsrc(file, address); line != nullptr) {
    int number = 0;
    const char* const path = dwfl_lineinfo(line, nullptr, &number, nullptr, nullptr, nullptr);
    if (path != nullptr)
      place = told(dwfl_line_comp_dir(line), path, static_cast<std::uint64_t>(number));
  }

  Dwarf_Addr bias = 0;
  if (Dwarf_Die* const unit = dwfl_module_addrdie(file, address, &bias); unit != nullptr) {
    Dwarf_Die* scopes = nullptr;
    const int count = dwarf_getscopes(unit, address - bias, &scopes);
    // dwarf_getscopes answers for a concrete function with its abstract origin's surroundings: ask
    // again from the innermost scope, for the scopes that the code is really in.
    Dwarf_Die* chain = nullptr;
    const int depth = count > 0 ? dwarf_getscopes_die(scopes, &chain) : 0;
    for (int i = 0; i < depth; ++i) {
      const int tag = dwarf_tag(&chain[i]);
      if (tag != DW_TAG_inlined_subroutine && tag != DW_TAG_subprogram) continue;
      out.push_back({name_of(&chain[i]), place});
      if (tag == DW_TAG_subprogram) {
        // Of a function that is known in its file only the symbol has the whole name.
        const char* const symbol = dwfl_module_addrname(file, address);
        if (symbol != nullptr && linkage_name_of(&chain[i]).empty())
          out.back().function = function_name(symbol);
        break;
      }
      place = call_site(unit, &chain[i]);
    }
    std::free(chain);
    std::free(scopes);
  }
  if (!out.empty()) return out;

  if (const char* const symbol = dwfl_module_addrname(file, address); symbol != nullptr)
    out.push_back({function_name(symbol), std::move(place)});
  return out;
}

}  // namespace lastout::symbols

#else

namespace lastout::symbols {

struct debug_file::session {};

debug_file::debug_file(const module&, const std::string&)
    : wrong_("this build has no libdw to read it with") {}

debug_file::~debug_file() = default;

std::vector<frame> debug_file::frames(std::uint64_t) const { return {}; }

}  // namespace lastout::symbols

#endif
