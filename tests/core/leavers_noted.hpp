// leavers_noted.hpp - for tests of who leaves a cache: each is noted, with its reason.

#pragma once

#include <functional>
#include <string>
#include <utility>

#include "core/cached_thing.hpp"

class leavers_noted : public things_test {
 protected:
  /// "7:capacity 8:shrunk", of all who have left.
  std::string left() { return std::exchange(left_, {}); }
  void note(const thing& t, lastout::eviction why) {
    EXPECT_TRUE(t.dead()) << "nobody can get it any more";
    if (!left_.empty()) left_ += ' ';
    left_ += std::to_string(t.number) + ":" + name(why);
  }
  /// For a cache: on_evict.
  std::function<void(thing&, lastout::eviction)> notes() {
    return [this](thing& t, lastout::eviction why) { note(t, why); };
  }

 private:
  std::string left_;
};
