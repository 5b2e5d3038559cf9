// java.hpp - Caffeine in a process of its own, which works when it is told to.

#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

namespace bench {

/// What Caffeine is asked for.
struct errand {
  std::vector<std::uint64_t> entered;              // beforehand
  std::vector<std::uint64_t> settling;             // asked for beforehand
  std::vector<std::vector<std::uint64_t>> wanted;  // by each worker, again and again
  std::uint64_t capacity;                          // entries
  std::uint64_t held;                              // of those entered: they stay
  bool beside;  // maintenance runs in threads of its own, not in who asks
};

class java {
 public:
  /// Starts it; returns when all is entered and it has settled.
  /// Throws    std::runtime_error when Java or Caffeine is missing or fails.
  explicit java(const errand& on);
  java(const java&) = delete;
  java& operator=(const java&) = delete;
  ~java();

  /// Has a worker do so many operations. Each worker serves one thread at a time.
  /// Returns   how many were hits.
  std::uint64_t run(unsigned worker, std::uint64_t times);
  /// Heap for each entry of those entered.
  [[nodiscard]] double bytes_for_entry() const noexcept { return bytes_for_entry_; }

  /// Remembers on which processors it may run. To be called before this thread is bound to one.
  static void note_processors();

 private:
  /// Our ends of the pipes to a worker and back.
  struct line {
    int to;
    int from;
  };
  std::string read_line(unsigned worker);

  pid_t child_ = 0;
  std::vector<line> lines_;
  double bytes_for_entry_ = 0;
};

/// True when this program was built where Java and Caffeine were.
bool caffeine_there() noexcept;

}  // namespace bench
