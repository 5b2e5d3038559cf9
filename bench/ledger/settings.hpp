// settings.hpp - how much is measured, in which ways of having the ledger, and where it is written.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace bench {

/// One way to have the ledger, or not to have it.
struct way {
  std::string name;
  bool compiled_in;
  std::string choice;  // as LASTOUT_LEDGER takes it
  double bound = 0;    // of the cache's rows, over those without it; 0: only reported
};

inline constexpr const char* without = "off";

/// The first one is without it: everything is compared with that.
const std::vector<way>& ways();

struct settings {
  std::string json;
  std::string folder;  // for dumps and counts; they are removed
  unsigned threads_max = 2;
  unsigned repeats = 40;
  unsigned starts = 4;
  double turn_ns = 20e6;
  std::uint64_t objects = 1'000'000;
  std::uint64_t references = 1'000'000;
  std::vector<std::string> parts = {"times", "instructions", "memory", "dumps"};
  bool check = false;

  [[nodiscard]] bool wants(const std::string& part) const;
};

/// Returns   nothing when the settings are read; else the status to end with.
std::optional<int> read(int count, char** words, settings& out);

}  // namespace bench
