// helper.hpp - a program of ours that does what it is told, line by line.

#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace bench {

class helper {
 public:
  /// Starts `words`; what it writes to stderr goes to ours.
  /// Throws    std::runtime_error when that is not possible.
  explicit helper(std::vector<std::string> words);
  helper(const helper&) = delete;
  helper& operator=(const helper&) = delete;
  /// Tells it that nothing more comes, and waits for its end.
  ~helper();

  /// Throws    std::runtime_error, here and below, when it has ended.
  void tell(const std::string& line);
  std::string hear();
  std::string ask(const std::string& line) {
    tell(line);
    return hear();
  }
  /// Until its end.
  /// Throws    std::runtime_error when that was not a good one.
  void wait();

 private:
  [[noreturn]] void ended() const;

  std::string name_;
  pid_t child_ = 0;  // 0: it has ended
  int to_ = -1;
  int from_ = -1;
  std::string heard_;  // beyond the last line
};

/// The path of a program that was built beside this one.
std::string beside(const std::string& name);
/// The path of the worker that has the ledger compiled in, or of the one that has not.
std::string worker(bool with_ledger);

}  // namespace bench
