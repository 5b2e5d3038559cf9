// lazy_policy.hpp - a policy that lastout::cache could follow: a hit adds one to a number, no more.
//
// The hit path is here and final, so that no lazy policy can do anything else on a hit: no move in
// a queue, no sketch, no note for later. What a policy learns it learns on a miss, when its hand
// takes the number of hits that an entry had since the hand last looked.

#pragma once

#include <algorithm>
#include <vector>

#include "policy.hpp"

namespace eviction {

class lazy_policy : public policy {
 public:
  bool access(key k) final {
    entry& e = entries_[k];
    if (e.resident) {
      ++e.hits;
      return true;
    }
    miss(k);
    return false;
  }
  [[nodiscard]] std::uint64_t visits() const final { return visits_; }
  [[nodiscard]] std::size_t size() const final { return size_; }

 protected:
  explicit lazy_policy(std::size_t keys) : entries_(keys) {}

  /// Brings `k` in, by enter(), after others have left, by leave().
  virtual void miss(key k) = 0;

  void enter(key k) {
    entries_[k] = {.resident = true, .hits = 0};
    ++size_;
  }
  void leave(key k) {
    entries_[k].resident = false;
    --size_;
  }

  /// Hits since the last visit.
  unsigned visit(key k) {
    ++visits_;
    const unsigned hits = entries_[k].hits;
    entries_[k].hits = 0;
    return hits;
  }
  /// Hits since the last visit, left where they are.
  [[nodiscard]] unsigned hits(key k) const { return entries_[k].hits; }

 private:
  struct entry {
    bool resident : 1 = false;
    unsigned hits : 31 = 0;
  };
  std::vector<entry> entries_;
  std::size_t size_ = 0;
  std::uint64_t visits_ = 0;
};

}  // namespace eviction
