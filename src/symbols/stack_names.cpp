// stack_names.cpp - see stack_names.hpp.

#include "stack_names.hpp"

#include <dlfcn.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdio>
#include <iterator>
#include <system_error>
#include <utility>

#include "debug_file.hpp"
#include "function_name.hpp"

namespace lastout::symbols {
namespace {

std::string in_hexadecimal(std::uint64_t n) {
  char digits[24];
  std::snprintf(digits, sizeof digits, "0x%llx", static_cast<unsigned long long>(n));
  return digits;
}

std::string file_name(const std::string& path) { return path.substr(path.find_last_of('/') + 1); }

// What the dynamic loader knows of an address of this process: exported functions only.
std::string exported_name(std::uint64_t address) {
  Dl_info found{};
  // NOLINTNEXTLINE(performance-no-int-to-ptr): an address is what is asked about
  if (dladdr(reinterpret_cast<const void*>(address), &found) == 0 || found.dli_sname == nullptr)
    return {};
  return function_name(found.dli_sname);
}

// libdw ends the program where it gets no memory: it exits, aborts, or reads what is not there. So it is
// not asked where few addresses are left; the size is what it takes of a large program, as a rule.
bool memory_to_spare() noexcept {
  static constexpr std::size_t plenty = std::size_t{64} << 20;
  void* const found =
      ::mmap(nullptr, plenty, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  return found != MAP_FAILED && ::munmap(found, plenty) == 0;
}

}  // namespace

struct stack_names::open_module {
  explicit open_module(module is) : loaded(std::move(is)) {}
  module loaded;
  std::unique_ptr<debug_file> file;  // once it was asked for
};

stack_names::stack_names() : this_process_(true) { load(modules_here()); }
stack_names::stack_names(std::vector<module> loaded) : this_process_(false) {
  load(std::move(loaded));
}
stack_names::~stack_names() = default;

void stack_names::load(std::vector<module> loaded) {
  std::vector<std::unique_ptr<open_module>> next;
  for (module& each : loaded) {
    const auto same = std::find_if(
        modules_.begin(), modules_.end(), [&each](const std::unique_ptr<open_module>& open) {
          return open != nullptr && open->loaded.begin == each.begin &&
                 open->loaded.build_id == each.build_id && open->loaded.path == each.path;
        });
    next.push_back(same == modules_.end() ? std::make_unique<open_module>(std::move(each))
                                          : std::move(*same));
  }
  std::sort(next.begin(), next.end(),
            [](const auto& a, const auto& b) { return a->loaded.begin < b->loaded.begin; });
  modules_ = std::move(next);
}

stack_names::open_module* stack_names::module_around(std::uint64_t address) {
  const auto after =
      std::upper_bound(modules_.begin(), modules_.end(), address,
                       [](std::uint64_t a, const auto& each) { return a < each->loaded.begin; });
  if (after == modules_.begin()) return nullptr;
  open_module* const found = std::prev(after)->get();
  return address < found->loaded.end ? found : nullptr;
}

std::vector<frame> stack_names::look_up(std::uint64_t return_address, bool by_debug_file) {
  // The call is before the address to which it returns.
  const std::uint64_t address = return_address == 0 ? 0 : return_address - 1;
  open_module* found = module_around(address);
  if (found == nullptr && this_process_) {  // a library that was loaded since
    load(modules_here());
    found = module_around(address);
  }
  if (found == nullptr) return {{in_hexadecimal(return_address), {}}};

  const module& loaded = found->loaded;
  if (by_debug_file && found->file == nullptr) {
    // A program that was replaced is still there under this name.
    const bool program = this_process_ && modules_here().front().begin == loaded.begin;
    found->file = std::make_unique<debug_file>(loaded, program ? "/proc/self/exe" : loaded.path);
    // What has no path of its own, such as the kernel's vdso, is no file.
    if (!found->file->wrong().empty() && loaded.path.starts_with('/'))
      remarks_.push_back("no names from '" + loaded.path + "': " + found->file->wrong());
  }
  if (by_debug_file) {
    std::vector<frame> out = found->file->frames(address);
    if (!out.empty()) return out;
  }
  std::string name = this_process_ ? exported_name(address) : std::string();
  if (name.empty())
    name = file_name(loaded.path) + "+" + in_hexadecimal(address - loaded.begin + loaded.offset);
  return {{std::move(name), {}}};
}

const std::vector<frame>& stack_names::frames_at(std::uint64_t return_address) {
  const auto known = known_.find(return_address);
  if (known != known_.end()) return known->second;
  if (memory_to_spare())
    return known_.emplace(return_address, look_up(return_address, true)).first->second;
  return for_now_[return_address] = look_up(return_address, false);
}

namespace {

// By its name; or by where it stands: what was inlined and has no name outside of its file tells only
// that.
bool is_left_out(const frame& of) {
  if (says_nothing(of.function)) return true;
  for (const std::string_view folder :
       {"include/lastout/", "src/ledger/", "src/lock_watch/", "/include/c++/"}) {
    if (of.place.find(folder) != std::string::npos) return true;
  }
  return false;
}

}  // namespace

std::vector<frame> stack_names::frames(std::span<const std::uint64_t> stack) {
  std::vector<frame> out;
  for (const std::uint64_t address : stack) {
    for (const frame& each : frames_at(address)) {
      if (!is_left_out(each)) out.push_back(each);
    }
  }
  return out;
}

std::vector<std::string> stack_names::lines(std::span<const void* const> stack) {
  std::vector<std::string> out;
  for (const void* const address : stack) {
    if (address == nullptr) break;
    for (const frame& each : frames_at(reinterpret_cast<std::uintptr_t>(address))) {
      if (!is_left_out(each)) out.push_back(each.text());
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
    std::uint64_t address = 0;
    const char* const digits = text.data() + mark + 3;
    const auto [rest, error] = std::from_chars(digits, text.data() + text.size(), address, 16);
    at = static_cast<std::size_t>(rest - text.data());
    if (error != std::errc{}) {
      out += "@0x";
      at = mark + 3;
      continue;
    }
    const std::vector<frame>& functions = frames_at(address);
    for (std::size_t i = 0; i < functions.size(); ++i)
      out += (i == 0 ? "" : " < ") + functions[i].text();
  }
  return out;
}

}  // namespace lastout::symbols
