// shared_area.hpp - a few names over which all workers quarrel: an operation may lose, but only in
// a lawful way.
//
// Files here consist of records that carry their own digest, so a reader can tell a torn or
// misplaced one whoever wrote it.

#pragma once

#include <cstdint>
#include <string>

#include "actor.hpp"
#include "complaints.hpp"
#include "random_source.hpp"

namespace cli {

class shared_area {
 public:
  /// `directory` exists, or comes and goes with a mount.
  shared_area(std::string directory, complaints& wrong);

  /// One operation on names that others use at the same time.
  void act(actor& who, random_source& random) const;

 private:
  static constexpr std::uint32_t names = 24;

  std::string some_name(random_source& random) const;
  void lawful(actor& who, int error, const char* doing, const std::string& path) const;
  void write_record(actor& who, random_source& random) const;
  void read_records(actor& who, random_source& random) const;
  void list(actor& who, const std::string& path) const;

  std::string directory_;
  complaints& wrong_;
};

}  // namespace cli
