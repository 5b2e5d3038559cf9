// huge_array.hpp - an array that the system's huge pages hold, where it has some left.

#pragma once

#include <sys/mman.h>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

namespace bench {

/// Zeroed memory, of which T makes something.
template <class T>
class huge_array {
 public:
  explicit huge_array(std::size_t count)
      : bytes_((count * sizeof(T) + page - 1) / page * page), mapped_(bytes_ + page) {
    base_ = mmap(nullptr, mapped_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (base_ == MAP_FAILED) {
      std::fprintf(stderr, "no memory for %zu bytes\n", mapped_);
      std::abort();
    }
    const auto address = reinterpret_cast<std::uintptr_t>(base_);
    first_ = reinterpret_cast<T*>((address + page - 1) / page * page);
    madvise(first_, bytes_, MADV_HUGEPAGE);
  }
  huge_array(const huge_array&) = delete;
  huge_array& operator=(const huge_array&) = delete;
  ~huge_array() { munmap(base_, mapped_); }

  T& operator[](std::size_t i) noexcept { return first_[i]; }

 private:
  static constexpr std::size_t page = std::size_t{2} << 20;
  std::size_t bytes_;
  std::size_t mapped_;
  void* base_;
  T* first_;
};

}  // namespace bench
