// module.cpp - see module.hpp. Notes: elf(5).

#include "module.hpp"

#include <elf.h>
#include <link.h>
#include <unistd.h>

#include <cstddef>
#include <cstring>
#include <new>
#include <utility>

namespace lastout::symbols {
namespace {

std::string program_path() {
  std::string out(4096, '\0');
  const ssize_t length = readlink("/proc/self/exe", out.data(), out.size());
  out.resize(length < 0 ? 0 : static_cast<std::size_t>(length));
  return out;
}

std::string digits_of(const char* bytes, std::size_t n) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string out;
  for (std::size_t i = 0; i < n; ++i) {
    const auto each = static_cast<unsigned char>(bytes[i]);
    out += digits[each >> 4U];
    out += digits[each & 15U];
  }
  return out;
}

// The build id in one segment of notes; empty when it is not there.
std::string build_id_in(const char* at, const char* end, std::size_t alignment) {
  const auto padded = [alignment](std::size_t n) { return (n + alignment - 1) & ~(alignment - 1); };
  while (end - at >= static_cast<std::ptrdiff_t>(sizeof(ElfW(Nhdr)))) {
    ElfW(Nhdr) note;
    std::memcpy(&note, at, sizeof note);
    const std::size_t name_at = sizeof note;
    const std::size_t data_at = padded(name_at + note.n_namesz);
    const std::size_t next_at = padded(data_at + note.n_descsz);
    if (data_at + note.n_descsz > static_cast<std::size_t>(end - at)) break;
    if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == 4 &&
        std::memcmp(at + name_at, "GNU", 4) == 0)
      return digits_of(at + data_at, note.n_descsz);
    if (next_at >= static_cast<std::size_t>(end - at)) break;
    at += next_at;
  }
  return {};
}

struct gathered {
  std::vector<module> out;
  bool lacks_memory = false;
};

void add_modules(const dl_phdr_info* info, std::vector<module>& out) {
  const bool is_program = info->dlpi_name == nullptr || *info->dlpi_name == '\0';
  std::string id;
  for (std::size_t i = 0; i < info->dlpi_phnum && id.empty(); ++i) {
    const ElfW(Phdr)& header = info->dlpi_phdr[i];
    if (header.p_type != PT_NOTE) continue;
    const char* const notes =
        reinterpret_cast<const char*>(info->dlpi_addr + header.p_vaddr);  // NOLINT: where it lies
    id = build_id_in(notes, notes + header.p_memsz, header.p_align == 8 ? 8 : 4);
  }
  for (std::size_t i = 0; i < info->dlpi_phnum; ++i) {
    const ElfW(Phdr)& header = info->dlpi_phdr[i];
    if (header.p_type != PT_LOAD || (header.p_flags & PF_X) == 0) continue;
    const std::uint64_t begin = info->dlpi_addr + header.p_vaddr;
    // Member by member: g++ 12 loses the first text of a braced list when the second one throws.
    module& each = out.emplace_back();
    each.begin = begin;
    each.end = begin + header.p_memsz;
    each.offset = header.p_offset;
    each.build_id = id;
    each.path = is_program ? program_path() : info->dlpi_name;
  }
}

// Nothing is thrown through the C library: without memory it ends the program there.
int add_modules_or_stop(dl_phdr_info* info, std::size_t, void* to) noexcept {
  auto& all = *static_cast<gathered*>(to);
  try {
    add_modules(info, all.out);
  } catch (const std::bad_alloc&) {
    all.lacks_memory = true;
  }
  return all.lacks_memory ? 1 : 0;
}

}  // namespace

std::vector<module> modules_here() {
  gathered all;
  dl_iterate_phdr(&add_modules_or_stop, &all);
  if (all.lacks_memory) throw std::bad_alloc();
  return std::move(all.out);
}

}  // namespace lastout::symbols
