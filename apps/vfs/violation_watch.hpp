// violation_watch.hpp - while one exists, violations are findings of the census too.

#pragma once

namespace lastout::vfs::census {

/// While one exists, violations are findings too, named like the rest; whoever was told before is
/// told as well.
class violation_watch {
 public:
  violation_watch() noexcept;
  violation_watch(const violation_watch&) = delete;
  violation_watch& operator=(const violation_watch&) = delete;
  ~violation_watch();
};

}  // namespace lastout::vfs::census
