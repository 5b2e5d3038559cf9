// type_match.hpp - whether a person who says `inode` means lastout::vfs::inode.

#pragma once

#include <cstddef>
#include <string_view>

namespace lastout::ledger_reader {

/// The name without the namespaces and classes that it stands in: what is between < and > is its
/// own.
inline std::string_view last_part(std::string_view name) {
  int depth = 0;
  for (std::size_t at = name.size(); at-- > 0;) {
    if (name[at] == '>') ++depth;
    if (name[at] == '<') --depth;
    if (depth == 0 && name[at] == ':') return name.substr(at + 1);
  }
  return name;
}

/// True when `said` is the whole name, or its end from a `::` on: inode, vfs::inode.
inline bool means_type(std::string_view said, std::string_view name) {
  if (said.empty() || !name.ends_with(said)) return false;
  if (said.size() == name.size()) return true;
  return !said.starts_with(':') && name[name.size() - said.size() - 1] == ':' &&
         last_part(name).size() <= said.size();
}

}  // namespace lastout::ledger_reader
