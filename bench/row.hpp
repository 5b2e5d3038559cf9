// row.hpp - one subject under one condition, measured again and again, and what was found.

#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "subject.hpp"
#include "team.hpp"

namespace bench {

/// Threads, and whether they share the object. One thread alone has a private one.
struct condition {
  unsigned threads = 1;
  bool shared = false;
  friend bool operator==(const condition&, const condition&) = default;
};

enum class verdict : std::uint8_t { pass, tie, fail };

constexpr const char* name(verdict which) noexcept {
  switch (which) {
    case verdict::pass: return "pass";
    case verdict::tie: return "tie";
    case verdict::fail: return "fail";
  }
  return "unknown";
}

/// Something that a row is to reach: its median, over another row's, stays below a bound.
struct goal {
  std::string text;
  std::string against;  // the other row's subject
  double ratio;
  double bound;
  verdict outcome;
};

/// Nanoseconds for one operation by one thread.
struct spread {
  double median = 0;
  double p10 = 0;
  double p90 = 0;
};

class row {
 public:
  /// Makes the objects and the hands, each on the thread that uses it.
  row(team& threads, std::string bench_name, const subject& of, condition under);
  row(const row&) = delete;
  row& operator=(const row&) = delete;
  ~row();

  /// Finds out how many operations take about `wanted_ns`; each repeat looks again. Before each
  /// repeat the row warms up, for a part of that: 1 / warm_part.
  void calibrate(double wanted_ns, unsigned warm_part = 16);
  /// Measures once more.
  void repeat();
  /// Frees the objects, the hands, and what the subject keeps to make them. What was measured stays.
  void retire();
  /// The spread of what was measured.
  [[nodiscard]] spread result() const;

  const std::string bench;
  subject what;
  const condition when;

  double ratio_to_limit = 0;
  std::optional<double> hit_ratio;  // of a cache
  std::vector<goal> goals;
  [[nodiscard]] std::size_t repeats() const { return measured_.size(); }

 private:
  double time(std::uint64_t times);  // of one operation
  void adapt(double ns);

  team& team_;
  std::vector<void*> objects_;
  std::vector<void*> hands_;
  double wanted_ns_ = 0;
  unsigned warm_part_ = 16;
  double best_ns_ = std::numeric_limits<double>::infinity();
  std::uint64_t times_ = 1;  // calls of once()
  std::vector<double> measured_;
};

}  // namespace bench
