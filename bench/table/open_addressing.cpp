// open_addressing.cpp - the limit: the cheapest look-up that could be called correct.
//
// One probe into slots of key and pointer, half of them empty; get_not_zero, a look at the object's
// own id, put. Slots and objects on huge pages. It cannot grow, and nothing can be taken off: that
// is what the others pay for.

#include <array>
#include <bit>
#include <new>

#include <lastout/refcount.hpp>

#include "contender.hpp"
#include "huge_array.hpp"
#include "thing.hpp"

namespace bench {
namespace {

struct alignas(64) counted_thing : thing {
  explicit counted_thing(std::uint64_t of) noexcept : thing(of) {}
  lastout::refcount count{1};
};
static_assert(sizeof(counted_thing) == 64);

class probe_table {
 public:
  static constexpr bool fixed = true;
  static constexpr bool grows = false;
  static constexpr const char* name_many = "open addressing, overlapped by ";
  using batches = std::integer_sequence<unsigned, 8>;

  explicit probe_table(std::size_t expected)
      : mask_(std::bit_ceil(2 * expected) - 1), slots_(mask_ + 1), things_(expected) {}

  bool look_up(std::uint64_t id) noexcept {
    counted_thing* const found = probe(id);
    return found != nullptr && get_put(*found, id);
  }

  template <unsigned n>
  void look_up_many(const std::uint64_t* ids) noexcept {
    std::array<counted_thing*, n> found;
    for (unsigned i = 0; i < n; ++i) __builtin_prefetch(&slots_[home(ids[i])]);
    for (unsigned i = 0; i < n; ++i) {
      found[i] = probe(ids[i]);
      if (found[i] == nullptr) [[unlikely]]
        std::abort();
      __builtin_prefetch(found[i], 1);
    }
    for (unsigned i = 0; i < n; ++i) {
      if (!get_put(*found[i], ids[i])) [[unlikely]]
        std::abort();
    }
  }

  void insert(std::uint64_t id) noexcept {
    auto* const made = new (&things_[used_++]) counted_thing(id);
    std::size_t at = home(id);
    while (slots_[at].object != nullptr) at = (at + 1) & mask_;
    slots_[at] = {id, made};
  }

 private:
  struct slot {
    std::uint64_t id;
    counted_thing* object;
  };

  std::size_t home(std::uint64_t id) const noexcept {
    return static_cast<std::size_t>((id * 0x9e3779b97f4a7c15) >> 20) & mask_;
  }

  counted_thing* probe(std::uint64_t id) noexcept {
    for (std::size_t at = home(id);; at = (at + 1) & mask_) {
      const slot& seen = slots_[at];
      if (seen.id == id || seen.object == nullptr) return seen.object;
    }
  }

  static bool get_put(counted_thing& found, std::uint64_t id) noexcept {
    if (!found.count.get_not_zero()) [[unlikely]]
      return false;
    use_as(found, id);
    if (found.count.put()) [[unlikely]]
      std::abort();
    return true;
  }

  std::size_t mask_;
  huge_array<slot> slots_;
  huge_array<counted_thing> things_;
  std::size_t used_ = 0;
};

}  // namespace

contender open_addressing() { return enter<probe_table>("open addressing", role::limit); }

}  // namespace bench
