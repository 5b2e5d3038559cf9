// ours.cpp - lastout::registry over kref objects in a slab.
//
// The registry's references are internal. What keeps the objects while nobody uses them is one
// external reference each, which insert leaks on purpose and erase adopts again.

#include <array>
#include <span>

#include <lastout/kref.hpp>
#include <lastout/registry.hpp>
#include <lastout/in_slab.hpp>

#include "../table/thing.hpp"
#include "contenders.hpp"

namespace bench {
namespace {

struct session : lastout::kref<session>, lastout::in_slab<session> {
  explicit session(std::uint64_t of) noexcept : id(of) {}
  const std::uint64_t id;
  std::byte payload[sizeof(thing::payload)];
  void release() noexcept;
};

using sessions = lastout::registry<std::uint64_t, session, &session::id>;

class registry_table {
 public:
  static constexpr bool owned = false;
  static constexpr const char* name_many = "lastout::registry find_many ";
  using batches = std::integer_sequence<unsigned, 8, 32>;

  explicit registry_table(std::size_t) { in_use = &map_; }  // one at a time

  bool look_up(std::uint64_t id) {
    const lastout::external<session> got = map_.find(id);
    if (!got) return false;
    use_as(*got, id);
    return true;
  }

  template <unsigned n>
  void look_up_many(const std::uint64_t* ids) {
    std::array<lastout::external<session>, n> got;
    map_.find_many(std::span<const std::uint64_t>(ids, n), got);
    for (unsigned i = 0; i < n; ++i) use_as(*got[i], ids[i]);
  }

  void insert(std::uint64_t id) {
    lastout::external<session> made = lastout::make<session>(id);
    const session* const mine = made.address();
    lastout::external<session> there = map_.insert(std::move(made));
    if (there == mine) static_cast<void>(there.leak());
  }

  void erase(std::uint64_t id) {
    const lastout::external<session> off = map_.erase(id);
    if (off) static_cast<void>(lastout::external<session>::adopt(off.address()));
  }

  static inline sessions* in_use = nullptr;

 private:
  sessions map_;
};

void session::release() noexcept {
  registry_table::in_use->leave(*this);
  delete this;
}

}  // namespace

contender ours() { return enter<registry_table>("lastout::registry", role::ours); }

}  // namespace bench
