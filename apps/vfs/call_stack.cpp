// call_stack.cpp - following frame pointers, and naming what they lead to.

#include <vfs/call_stack.hpp>

#include <cxxabi.h>
#include <dlfcn.h>
#include <pthread.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include <lastout/atomic.hpp>

namespace lastout::vfs {
namespace {

struct stack_bounds {
  std::uintptr_t low = 0;
  std::uintptr_t high = 0;
};

stack_bounds find_bounds() noexcept {
  pthread_attr_t attributes;
  if (pthread_getattr_np(pthread_self(), &attributes) != 0) return {1, 1};
  void* low = nullptr;
  std::size_t size = 0;
  pthread_attr_getstack(&attributes, &low, &size);
  pthread_attr_destroy(&attributes);
  const auto from = reinterpret_cast<std::uintptr_t>(low);
  return {from, from + size};
}

std::string demangled(const char* name) {
  int status = 0;
  char* const text = abi::__cxa_demangle(name, nullptr, nullptr, &status);
  std::string out = status == 0 && text != nullptr ? text : name;
  std::free(text);
  return out;
}

// The address as text: the function's name where the program exports it, else module+offset (for
// addr2line).
std::string name_of_address(const void* address) {
  Dl_info info;
  char offset[32];
  if (dladdr(address, &info) == 0) {
    std::snprintf(offset, sizeof offset, "%p", address);
    return offset;
  }
  const auto to = reinterpret_cast<std::uintptr_t>(address);
  if (info.dli_sname != nullptr) return demangled(info.dli_sname);
  std::string module = info.dli_fname == nullptr ? "?" : info.dli_fname;
  module.erase(0, module.find_last_of('/') + 1);
  std::snprintf(offset, sizeof offset, "+0x%zx",
                static_cast<std::size_t>(to - reinterpret_cast<std::uintptr_t>(info.dli_fbase)));
  return module + offset;
}

// The core's own functions, and the census: between the put and what it led to, they say nothing.
bool is_machinery(std::string_view name) {
  if (name.starts_with("void ")) name.remove_prefix(5);
  for (const std::string_view prefix :
       {"lastout::checked::", "lastout::unchecked::", "lastout::vfs::census"}) {
    if (name.starts_with(prefix)) return true;
  }
  return false;
}

}  // namespace

// A foreign function may use the frame pointer for something else: what it leads to is then
// followed no further than this thread's stack reaches, so the worst is a wrong address.
#if defined(__SANITIZE_ADDRESS__) || defined(__clang__)
__attribute__((no_sanitize("address")))
#endif
call_stack
call_stack::here() noexcept {
  call_stack out;
#if defined(__x86_64__) || defined(__aarch64__)
  stack_bounds& bounds = per_thread<stack_bounds>();
  if (bounds.high == 0) bounds = find_bounds();
  auto frame = reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0));
  for (std::size_t i = 0; i < depth_max; ++i) {
    if (frame < bounds.low || frame > bounds.high - 2 * sizeof(void*) || frame % sizeof(void*) != 0)
      break;
    const auto* const link = reinterpret_cast<const std::uintptr_t*>(frame);
    out.frames[i] = reinterpret_cast<const void*>(link[1]);
    if (link[0] <= frame) break;
    frame = link[0];
  }
#endif
  return out;
}

std::string to_text(const void* const* frames, std::size_t depth) {
  std::string out;
  for (std::size_t i = 0; i < depth && frames[i] != nullptr; ++i) {
    const std::string name = name_of_address(frames[i]);
    if (is_machinery(name)) continue;
    if (!out.empty()) out += " < ";
    out += name;
  }
  return out.empty() ? "unknown" : out;
}

}  // namespace lastout::vfs
