// private_area.hpp - a directory that one worker alone changes: here each operation has exactly
// one right answer.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "actor.hpp"
#include "complaints.hpp"
#include "random_source.hpp"

namespace cli {

class private_area {
 public:
  /// `directory` exists.
  private_area(std::string directory, complaints& wrong);

  /// Plays one small story, chosen at random, and checks every answer.
  void play(actor& who, random_source& random);

  /// Reads the files that are kept from story to story. Called when the work is over.
  void check_kept(actor& who);

 private:
  static constexpr std::size_t kept_max = 12;

  // A file whose contents follow from a number, so that they can be checked at any later time.
  struct kept_file {
    std::uint64_t contents = 0;
    std::size_t size = 0;
    bool known = false;
  };

  void write_and_read(actor& who, random_source& random);
  void keep(actor& who, random_source& random);
  void rename_over(actor& who, random_source& random);
  void unlink_while_open(actor& who, random_source& random);
  void two_names(actor& who, random_source& random);
  void directories(actor& who);
  void symlinks(actor& who, random_source& random);
  void limits(actor& who);

  bool put_file(actor& who, const std::string& path, std::uint64_t contents, std::size_t size);
  void expect_file(actor& who, const std::string& path, std::uint64_t contents, std::size_t size);
  bool expect(actor& who, int error, int wanted, const char* doing, const std::string& path);
  void complain(actor& who, const char* what, const std::string& detail);
  std::string fresh();
  std::string kept_path(std::size_t i) const;
  std::span<const std::byte> make_contents(std::uint64_t contents, std::size_t size);

  std::string directory_;
  complaints& wrong_;
  std::array<kept_file, kept_max> kept_;
  std::uint64_t names_ = 0;
  std::vector<std::byte> made_;
  std::vector<std::byte> read_;
};

}  // namespace cli
