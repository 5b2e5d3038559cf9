// ours.cpp - lastout::cache.

#include <array>
#include <span>
#include <utility>
#include <vector>

#include <lastout/cache.hpp>

#include "contender.hpp"

namespace bench {
namespace {

// What the user adds to what cached<> has: that much less payload than the others', so that it has
// 64 bytes in all too.
struct block : lastout::cached<block> {
  explicit block(std::uint64_t of) noexcept : id(of) {}
  const std::uint64_t id;
  std::byte payload[sizeof(stored) - sizeof(lastout::cached<block>) - sizeof(std::uint64_t)];
};
static_assert(sizeof(block) == sizeof(stored));

class lastout_cache {
 public:
  static constexpr const char* name_create = "lastout::cache get_or_create";
  static constexpr const char* name_many = "lastout::cache get_many ";
  using batches = std::integer_sequence<unsigned, 8>;
  static constexpr std::size_t own_bytes = sizeof(block) - sizeof(lastout::cached<block>);

  explicit lastout_cache(const room& of)
      : cache_({.idle_charge_max = of.expected == 0 ? lastout::no_limit : charge_of(of),
                .charge_max = of.evicts ? charge_of(of) : lastout::no_limit}) {}

  bool look_up(std::uint64_t id) {
    const lastout::external<block> got = cache_.get(id);
    if (!got) return false;
    use_as(*got, id);
    return true;
  }

  template <unsigned n>
  void look_up_many(const std::uint64_t* ids) {
    std::array<lastout::external<block>, n> got;
    cache_.get_many(std::span<const std::uint64_t>(ids, n), got);
    for (unsigned i = 0; i < n; ++i) use_as(*got[i], ids[i]);
  }

  void insert(std::uint64_t id) { use_as(*enter(id), id); }
  void hold(std::uint64_t id) { held_.push_back(enter(id)); }

  bool get_or_create(std::uint64_t id) {
    bool made = false;
    const lastout::external<block> got = cache_.get_or_create(id, [&made, id] {
      made = true;
      return lastout::make<block>(id);
    });
    use_as(*got, id);
    return !made;
  }

 private:
  static std::uint64_t charge_of(const room& of) { return of.with_slack() * sizeof(block); }
  lastout::external<block> enter(std::uint64_t id) {
    return cache_.insert(lastout::make<block>(id));
  }

  lastout::cache<std::uint64_t, block, &block::id> cache_;
  std::vector<lastout::external<block>> held_;
};

}  // namespace

cache_contender ours() { return enter_cache<lastout_cache>("lastout::cache", role::ours); }

}  // namespace bench
