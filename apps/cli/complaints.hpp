// complaints.hpp - what went wrong during a run, told once for each kind: the first few in full,
// all counted.

#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace cli {

class complaints {
 public:
  struct kind {
    std::uint64_t count = 0;
    std::vector<std::string> first;
  };

  /// May be called from any thread.
  void add(const std::string& what, std::string detail) {
    const std::lock_guard held(lock_);
    kind& here = kinds_[what];
    if (++here.count <= told_max) here.first.push_back(std::move(detail));
  }

  [[nodiscard]] std::map<std::string, kind> all() const {
    const std::lock_guard held(lock_);
    return kinds_;
  }

 private:
  static constexpr std::uint64_t told_max = 5;

  mutable std::mutex lock_;
  std::map<std::string, kind> kinds_;
};

}  // namespace cli
