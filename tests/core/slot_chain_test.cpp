// slot_chain_test.cpp - a queue whose links are the numbers of slots.

#include <cstdint>
#include <deque>
#include <random>
#include <utility>
#include <vector>

#include <lastout/cache.hpp>
#include <lastout/slot_chain.hpp>

#include "core/cached_thing.hpp"

namespace {

using lastout::external;
using lastout::make;
using lastout::slot_chain;

class slot_chain_test : public things_test {
 protected:
  thing& fresh() {
    made_.push_back(make<thing>(made_.size()));
    return *made_.back();
  }
  slot_chain<thing> chain;

 private:
  std::vector<external<thing>> made_;
};

TEST_F(slot_chain_test, the_oldest_comes_out_first) {
  EXPECT_TRUE(chain.empty());
  EXPECT_EQ(chain.pop(), nullptr);
  thing& a = fresh();
  thing& b = fresh();
  thing& c = fresh();
  for (thing* each : {&a, &b, &c}) chain.push(*each);
  EXPECT_EQ(chain.size(), 3u);
  EXPECT_EQ(chain.pop(), &a);
  chain.push(a);
  EXPECT_EQ(chain.pop(), &b);
  EXPECT_EQ(chain.pop(), &c);
  EXPECT_EQ(chain.pop(), &a);
  EXPECT_EQ(chain.pop(), nullptr);
  EXPECT_TRUE(chain.empty());
}

TEST_F(slot_chain_test, one_is_taken_out_of_any_place) {
  thing& a = fresh();
  thing& b = fresh();
  thing& c = fresh();
  for (thing* each : {&a, &b, &c}) chain.push(*each);
  chain.remove(b);
  EXPECT_EQ(chain.size(), 2u);
  chain.push(b);
  chain.remove(a);
  EXPECT_EQ(chain.pop(), &c);
  chain.push(a);
  chain.remove(a);
  EXPECT_EQ(chain.pop(), &b);
  EXPECT_TRUE(chain.empty());
}

TEST_F(slot_chain_test, what_is_moved_from_is_empty) {
  thing& a = fresh();
  chain.push(a);
  slot_chain<thing> other(std::move(chain));
  EXPECT_TRUE(chain.empty());  // NOLINT(bugprone-use-after-move): that is what is promised
  EXPECT_EQ(chain.pop(), nullptr);
  EXPECT_EQ(chain.charge(), 0u);
  EXPECT_EQ(other.pop(), &a);
}

TEST_F(slot_chain_test, it_does_what_a_queue_does) {
  std::deque<thing*> model;
  std::vector<thing*> out;
  for (int i = 0; i < 100; ++i) out.push_back(&fresh());
  std::mt19937_64 random(1);
  for (int i = 0; i < 20'000; ++i) {
    switch (random() % 3) {
      case 0:
        if (out.empty()) break;
        std::swap(out[static_cast<std::size_t>(random() % out.size())], out.back());
        chain.push(*out.back());
        model.push_back(out.back());
        out.pop_back();
        break;
      case 1: {
        thing* const oldest = chain.pop();
        ASSERT_EQ(oldest, model.empty() ? nullptr : model.front());
        if (oldest == nullptr) break;
        model.pop_front();
        out.push_back(oldest);
        break;
      }
      default: {
        if (model.empty()) break;
        const auto at = model.begin() + static_cast<std::ptrdiff_t>(random() % model.size());
        chain.remove(**at);
        out.push_back(*at);
        model.erase(at);
      }
    }
    ASSERT_EQ(chain.size(), model.size());
  }
}

}  // namespace
