// actor.cpp - the operations' names.

#include "actor.hpp"

namespace cli {

const char* name(operation what) noexcept {
  static constexpr std::array<const char*, operations> names{
      "stat",    "open",   "read",  "write",   "close",    "create",  "truncate",
      "unlink",  "rename", "link",  "symlink", "readlink", "mkdir",   "rmdir",
      "readdir", "chdir",  "mount", "unmount", "spawn",    "destroy", "wait"};
  return names[std::size_t(what)];
}

}  // namespace cli
