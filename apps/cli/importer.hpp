// importer.hpp - copies the real tree into the filesystem, then checks each byte against the host.

#pragma once

#include <cstdint>
#include <string>

#include <vfs/filesystem.hpp>

#include "complaints.hpp"
#include "host_tree.hpp"
#include "imported_tree.hpp"

namespace cli {

struct import_report {
  std::uint64_t files = 0;
  std::uint64_t directories = 0;
  std::uint64_t symlinks = 0;
  std::uint64_t hard_links = 0;
  std::uint64_t bytes = 0;
  std::uint64_t bytes_checked = 0;
  double copy_seconds = 0;
  double check_seconds = 0;
};

class importer {
 public:
  /// `self` acts; it stays until this goes.
  importer(lastout::vfs::filesystem& fs, lastout::vfs::process& self, host_tree& host,
           imported_tree& into, complaints& wrong);
  importer(const importer&) = delete;
  importer& operator=(const importer&) = delete;

  /// Both steps; stops early, with what is there in order, when interrupted.
  import_report run();

  /// Compares every file that nobody changed with the host's once more; where the host's has
  /// changed meanwhile, with the digest of what was taken.
  /// Returns  how many were compared.
  std::uint64_t check_again();

 private:
  struct comparison {
    bool equal = false;
    host_read host = host_read::whole;  // else the host could not say
    std::string told;                   // where the difference is
  };

  void copy(import_report& report);
  bool copy_file(std::size_t at, import_report& report, int& error);
  void check(import_report& report);
  void enter();
  comparison compare_with_host(const host_entry& entry, const std::string& path);
  std::uint64_t digest_of(const std::string& path);

  lastout::vfs::filesystem& fs_;
  lastout::vfs::process& self_;
  host_tree& host_;
  imported_tree& into_;
  complaints& wrong_;
  std::vector<bool> taken_;         // by entry of the host tree
  std::vector<file_state*> files_;  // by entry of the host tree
  std::vector<std::byte> ours_;
  std::vector<std::byte> theirs_;
};

}  // namespace cli
