// plain_stress_test.cpp - buffers are used by many while their page tries to free them, all or
// none.

#include "stress/stress.hpp"

#include <mutex>
#include <utility>

#include <lastout/plain.hpp>

namespace {

using namespace stress;
using lastout::external;

struct page;
struct buffer : lastout::plain<buffer, page> {
  explicit buffer(std::size_t number) : block(number) { ++born; }
  ~buffer() {
    if (users != 0) ADD_FAILURE() << "freed while used";
    ++freed;
  }
  void use() {
    ++users;
    alive.check();
    point();
    --users;
  }
  const std::size_t block;
  canary alive;
  std::atomic<int> users = 0;
  static inline std::atomic<long> born = 0;
  static inline std::atomic<long> freed = 0;
};
struct page : lastout::plain_parent<page, buffer> {
  std::mutex lock;  // guards the list of buffers
};

class plain_stress_test : public stress_test {};

TEST_F(plain_stress_test, a_page_frees_all_buffers_or_none) {
  constexpr long blocks = 4;
  const int steps = rounds(30'000);
  std::atomic<long> purged = 0;
  std::atomic<long> refused = 0;
  buffer::born = buffer::freed = 0;
  {
    page p;
    run_on_threads(threads(), 0, [&](int, chance& c) {
      external<buffer> kept;
      for (int step = 0; step < steps; ++step) {
        const std::size_t wanted = c.below(blocks);
        if (c.one_in(6)) {
          if (c.one_in(2)) kept.put();
          const std::lock_guard guard(p.lock);
          if (p.empty()) {
            for (std::size_t i = 0; i < blocks; ++i) p.add(i);
            continue;
          }
          const long before = buffer::freed;
          if (p.purge()) {
            ++purged;
            if (buffer::freed != before + blocks || !p.empty()) ADD_FAILURE() << "not all";
          } else {
            ++refused;
            if (buffer::freed != before || p.empty()) ADD_FAILURE() << "not none";
          }
          continue;
        }
        external<buffer> got;
        {
          const std::lock_guard guard(p.lock);
          p.for_each([&](buffer& each) {
            if (each.block == wanted) got = p.get(each);
          });
        }
        if (!got) continue;
        got->use();
        if (c.one_in(3)) {
          kept = std::move(got);
        } else if (c.one_in(2)) {
          const external<buffer> copy = got;
          got.put();
          copy->use();
        }
        if (c.one_in(2)) kept.put();
      }
    });
    EXPECT_GT(purged, 0);
    EXPECT_GT(refused, 0);
  }
  EXPECT_EQ(buffer::born, buffer::freed);
}

}  // namespace
