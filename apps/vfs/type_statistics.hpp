// type_statistics.hpp - one row of the table: what happened to the objects of one type.

#pragma once

#include <cstdint>
#include <string>

namespace lastout::vfs {

struct type_statistics {
  std::string type;
  std::uint64_t born = 0;
  std::uint64_t freed = 0;
  std::uint64_t alive = 0;
  std::uint64_t peak = 0;
  std::uint64_t got = 0;
  std::uint64_t put = 0;
  std::uint64_t refused = 0;  // get_not_zero that answered no
  std::uint64_t resurrected = 0;
  std::uint64_t evicted = 0;  // killed while idle, to make room
  std::uint64_t bytes = 0;    // alive now, what they allocate besides included
};

}  // namespace lastout::vfs
