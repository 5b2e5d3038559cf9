// name_table.hpp - from a name to its object without a lock, however much the table grows.
//
// For registry and cache. The table is a row of segments, in as much address space as it can ever
// need, of which only the used part is memory. A hash's place() counts slots along the row: it
// grows by one segment at a time, which takes the names of one earlier segment that have one bit
// more; it shrinks the same way (row_extent.hpp). So growing never stops a look-up, nor a writer
// for longer than one segment takes, and a look-up computes where to look without reading a
// directory.
//
// A look-up that finds nothing may have looked where names were being moved: then version_ has
// changed, and it looks again. One that finds something need not ask: an object that is in a slot
// of any segment is in the table.
//
// The memory of segments that are given up goes back to the system: a look-up that is late reads
// zeros there, finds nothing, and looks again.
//
// Lock order     growth_, then a segment's lock, then that of a later one. Who only changes names
//                has one segment's lock and wants no other.
// Edges:
//   (1) -> (2)  what was moved is in its new segment before the extent says so.
//   (3) -> (4)  the version has changed before anything is removed from where it was
//               (table_segment.hpp, (1) -> (2), carries it to the look-up).
//
// Source: Litwin, "Linear hashing", for the row; Fagin and others, "Extendible hashing", for the
// segment as what is divided. Record: docs/design/0016-registry.md.

#pragma once

#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <span>
#include <type_traits>
#include <utility>

#include <lastout/row_extent.hpp>
#include <lastout/spin_lock.hpp>
#include <lastout/table_segment.hpp>

namespace lastout {
inline namespace LASTOUT_ABI {

/// The measures of a table. Tests make small ones, so that everything happens all the time.
struct table_shape {
  static constexpr std::uint32_t slots = 256;  // in a segment; a power of two
  // The same: 8 GiB of address space. Where there are 4 GiB for all, 64 MiB of them: what stands
  // in the table needs ten times as much, and the program has other tables.
  static constexpr std::uint32_t segments_max = sizeof(void*) < 8 ? 1u << 15 : 1u << 22;
  static constexpr std::uint32_t grow_at = 179;   // names in one segment
  static constexpr std::uint32_t shrink_at = 64;  // names in two
};

template <class Key, class T, auto KeyOf, class Hash, class Equal, class Shape>
class name_table {
 public:
  using segment = table_segment<T, Shape::slots>;

  /// Where address space is scarce, the table may grow less.
  /// Fails     without any: then nothing can be inserted.
  name_table() noexcept {
    for (std::uint32_t most = Shape::segments_max; most != 0; most /= 2) {
      if (most > SIZE_MAX / 2 / segment_bytes) continue;  // where addresses have 32 bits
      void* const space = mmap(nullptr, space_bytes(most), PROT_READ | PROT_WRITE,
                               MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
      if (space == MAP_FAILED) continue;
      const auto address = reinterpret_cast<std::uintptr_t>(space);
      space_ = space;
      segments_max_ = most;
      segments_ = reinterpret_cast<segment*>((address + huge_page - 1) / huge_page * huge_page);
      states_ = reinterpret_cast<state*>(segments_ + most);
      return;
    }
  }
  name_table(const name_table&) = delete;
  name_table& operator=(const name_table&) = delete;
  /// Requires  nobody looks up or changes any more.
  ~name_table() {
    if (!unusable()) munmap(space_, space_bytes(segments_max_));
  }

  template <class Name>
  [[nodiscard]] static hash_bits hash_of(const Name& name) {
    return hash_bits(Hash{}(name));
  }
  [[nodiscard]] static decltype(auto) key_of(const T& object) { return std::invoke(KeyOf, object); }
  [[nodiscard]] static hash_bits hash_of_object(const T& object) { return hash_of(key_of(object)); }
  /// Of one that is in the table. A throw ends the program: half of a segment may have been moved.
  struct object_hash {
    hash_bits operator()(const T& object) const noexcept { return hash_of_object(object); }
  };

  /// As a rule found at once: that part is the caller's own code.
  template <class Name>
  [[nodiscard, gnu::always_inline]] inline external<T> find(const Name& name,
                                                            hash_bits hash) const {
    const by_value<Name> wanted = name;
    // relaxed: a slot that is read too early is empty, and find_again() looks with acquire
    const std::uint32_t slot = row_extent::slot_of(extent_.load(order::relaxed), hash.place());
    T* const found = segment::find_at_once(segments_, slot, hash, [&wanted](const T& object) {
      return Equal{}(key_of(object), wanted);
    });
    return found != nullptr ? reference_access::hand_out<external<T>>(*found)
                            : find_again<by_value<Name>>(wanted, hash);
  }

  /// Finds several; what one waits for is fetched while the others are looked up.
  template <class Name>
  void find_many(std::span<const Name> names, std::span<external<T>> out) const {
    constexpr std::size_t together = 16;
    if (unusable()) {
      for (external<T>& each : out) each.put();
      return;
    }
    std::array<hash_bits, together> hashes;
    while (!names.empty()) {
      const std::size_t n = std::min(names.size(), together);
      for (std::size_t i = 0; i < n; ++i) {
        hashes[i] = hash_of(names[i]);
        segments_[segment_of(hashes[i])].prefetch_slot(hashes[i]);
      }
      for (std::size_t i = 0; i < n; ++i)
        segments_[segment_of(hashes[i])].prefetch_object(hashes[i]);
      for (std::size_t i = 0; i < n; ++i) out[i] = find(names[i], hashes[i]);
      names = names.subspan(n);
      out = out.subspan(n);
    }
  }

  /// What insert() answers: neither when there is no room.
  struct inserted {
    bool in = false;
    external<T> other;  // of that name, which was there before
  };

  /// Puts `made` in, unless there is one of its name.
  /// Requires  a reference to it, and its key's hash.
  [[nodiscard]] inserted insert(T& made, hash_bits hash) {
    const auto same = [&made](const T& object) { return Equal{}(key_of(object), key_of(made)); };
    if (unusable()) return {};
    for (;;) {
      std::uint32_t names = 0;
      {
        const locked at(*this, hash);
        if (external<T> there = at.names().find_locked(hash, same))
          return {.in = false, .other = std::move(there)};
        if (at.names().insert(made, hash, at.its())) names = at.its().names;
      }
      if (names > Shape::grow_at) [[unlikely]]
        grow_if_worth_it();
      if (names != 0) return {.in = true, .other = {}};
      if (!make_room(hash)) return {};
    }
  }

  /// Puts `made` in, in the place of the one of its name.
  /// Returns   a reference to that one, if there was one; in is false when there is no room.
  [[nodiscard]] inserted replace(T& made, hash_bits hash) {
    const auto same = [&made](const T& object) { return Equal{}(key_of(object), key_of(made)); };
    if (unusable()) return {};
    for (;;) {
      {
        const locked at(*this, hash);
        if (external<T> there = at.names().find_locked(hash, same)) {
          at.names().replace(*there, made, hash, at.its());
          return {.in = true, .other = std::move(there)};
        }
      }
      inserted done = insert(made, hash);
      if (!done.other) return done;
      done.other.put();  // came meanwhile
    }
  }

  /// What stands under a name.
  enum class presence : std::uint8_t { absent, present, dying };

  /// Looks under the lock: who has changed the table before is seen.
  template <class Name>
  [[nodiscard]] presence look(const Name& name, hash_bits hash) const {
    if (unusable()) return presence::absent;
    presence out = presence::absent;
    const locked at(*this, hash);
    at.names().for_each_of(
        hash, [&name](const T& object) { return Equal{}(key_of(object), name); },
        [&out](const T& object) {
          if (out != presence::present) out = object.dead() ? presence::dying : presence::present;
        });
    return out;
  }

  /// Takes the object of that name out.
  /// Returns   a reference to it; empty when there is none, or only a dying one.
  template <class Name>
  external<T> erase(const Name& name, hash_bits hash) {
    const auto same = [&name](const T& object) { return Equal{}(key_of(object), name); };
    if (unusable()) return {};
    bool few = false;
    external<T> there;
    {
      const locked at(*this, hash);
      there = at.names().find_locked(hash, same);
      if (there) few = at.remove(*there, hash);
    }
    if (few) shrink_if_worth_it();
    return there;
  }

  /// Takes that object out. Returns   true when it was in.
  bool remove(const T& leaving, hash_bits hash) {
    if (unusable()) return false;
    bool few = false;
    bool was_in = false;
    {
      const locked at(*this, hash);
      const std::uint32_t before = at.its().names;
      few = at.remove(leaving, hash);
      was_in = at.its().names != before;
    }
    if (few) shrink_if_worth_it();
    return was_in;
  }

  /// Calls f(external<T>) for each object, with no lock held. One that is in the table during all
  /// of the call is met once; one that comes or goes meanwhile, once or not at all.
  template <class Function>
  void for_each(Function f) {
    if (unusable()) return;
    const walking here(*this);
    std::array<external<T>, segment::capacity> found;
    std::uint32_t prefix = 0;
    for (bool more = true; more;) {
      std::size_t n = 0;
      {
        const locked at(*this, prefix);
        at.names().for_each([&](T& object) {
          if (reference_access::get_unnoticed(object))
            found[n++] = reference_access::hand_out<external<T>>(object);
        });
        more = next_prefix(prefix, at.depth());
      }
      for (std::size_t i = 0; i < n; ++i) {
        external<T> each = std::move(found[i]);  // whatever f takes, it is put before the next lock
        f(std::move(each));
      }
    }
  }

  /// Calls f(const T&) for each object, the dying ones too, under its segment's lock.
  template <class Function>
  void visit(Function f) {
    if (unusable()) return;
    const walking here(*this);
    std::uint32_t prefix = 0;
    for (bool more = true; more;) {
      const locked at(*this, prefix);
      at.names().for_each([&f](const T& object) { f(object); });
      more = next_prefix(prefix, at.depth());
    }
  }

  /// How many names: exact when nobody changes them meanwhile.
  [[nodiscard]] std::size_t size() noexcept {
    std::size_t out = 0;
    for (std::uint32_t i = 0; !unusable() && i < row().count(); ++i) {
      const std::lock_guard<spin_lock> guard(states_[i].lock);
      out += states_[i].names;
    }
    return out;
  }

  /// The bytes that the table occupies; its objects come on top.
  [[nodiscard]] std::size_t bytes() const noexcept {
    return unusable() ? 0 : row().count() * segment_bytes;
  }

 private:
  using state = segment_state;

  static constexpr std::size_t segment_bytes = sizeof(segment) + sizeof(state);
  static constexpr std::size_t space_bytes(std::uint32_t segments) noexcept {
    return segments * segment_bytes + huge_page;
  }
  // Without memory there are no states, and no names.
  [[nodiscard]] bool unusable() const noexcept { return states_ == nullptr; }
  LASTOUT_COLD static segment* nothing() noexcept {
    alignas(segment) static constinit std::byte empty[sizeof(segment)]{};
    return reinterpret_cast<segment*>(empty);
  }

  static constexpr std::size_t huge_page = std::size_t{2} << 20;
  // Names in two segments that become one: it has to have room for them.
  static constexpr std::uint32_t joined_most = std::min(Shape::shrink_at, segment::capacity);
  static_assert(std::has_single_bit(Shape::segments_max) && Shape::grow_at <= segment::capacity &&
                Shape::shrink_at <= Shape::slots &&
                std::uint64_t{2} * Shape::segments_max * Shape::slots <= std::uint64_t{1} << 32);

  // What fits into registers is not looked up by its address.
  template <class Name>
  using by_value =
      std::conditional_t<std::is_trivially_copyable_v<Name> && !std::is_array_v<Name> &&
                             sizeof(Name) <= 2 * sizeof(void*),
                         Name, const Name&>;

  template <class Name>
  LASTOUT_OUT_OF_LINE external<T> find_again(Name name, hash_bits hash) const {
    if (unusable()) return {};
    const auto same = [&name](const T& object) { return Equal{}(key_of(object), name); };
    for (;;) {
      const std::uint64_t before = version_.load(order::acquire);  // (4) pairs with (3)
      const std::uint32_t at = segment_of(hash);
      T* const found = segments_[at].find(hash, same, states_[at]);
      if (found != nullptr) return reference_access::hand_out<external<T>>(*found);
      // relaxed: it comes after the slots' acquire loads
      if (version_.load(order::relaxed) == before) return {};
    }
  }

  static std::uint32_t bits(hash_bits hash) noexcept { return hash.place() >> segment::slot_bits; }
  [[nodiscard]] row_extent row() const noexcept {
    return row_extent::of(extent_.load(order::acquire),
                          Shape::slots);  // (2) pairs with (1)
  }
  [[nodiscard]] std::uint32_t segment_of(hash_bits hash) const noexcept {
    return row().segment_of(bits(hash));
  }

  // The segment of a hash, locked. It stays the one: dividing or joining it wants its lock.
  class locked {
   public:
    locked(const name_table& table, hash_bits hash) noexcept
        : locked(table, name_table::bits(hash)) {}
    locked(const name_table& table, std::uint32_t prefix) noexcept : table_(table) {
      for (;;) {
        at_ = table.row().segment_of(prefix);
        its().lock.lock();
        row_ = table.row();
        if (row_.segment_of(prefix) == at_) return;
        its().lock.unlock();
      }
    }
    locked(const locked&) = delete;
    locked& operator=(const locked&) = delete;
    ~locked() { its().lock.unlock(); }

    [[nodiscard]] segment& names() const noexcept { return table_.segments_[at_]; }
    [[nodiscard]] state& its() const noexcept { return table_.states_[at_]; }
    [[nodiscard]] unsigned depth() const noexcept { return row_.depth_of(at_); }

    /// Returns   true when so few are left that the table may be too large.
    bool remove(const T& leaving, hash_bits hash) const {
      if (!names().remove(leaving, hash, its(), object_hash())) return false;
      return its().names < Shape::shrink_at / 2 && table_.row().count() > 1;
    }

   private:
    const name_table& table_;
    std::uint32_t at_ = 0;
    row_extent row_;
  };

  // While somebody walks, no two segments become one: so nobody is met twice.
  class walking {
   public:
    explicit walking(name_table& table) noexcept : table_(table) {
      const std::lock_guard<spin_lock> guard(table.growth_);
      ++table.walkers_;
    }
    walking(const walking&) = delete;
    walking& operator=(const walking&) = delete;
    ~walking() {
      const std::lock_guard<spin_lock> guard(table_.growth_);
      --table_.walkers_;
    }

   private:
    name_table& table_;
  };

  // Growing is worth it when the one whose turn it is is half full: with names that all hash alike
  // it never is.
  LASTOUT_OUT_OF_LINE void grow_if_worth_it() {
    const std::unique_lock<spin_lock> growing(growth_, std::try_to_lock);
    if (!growing.owns_lock()) return;  // somebody is at it
    const row_extent now = row();
    if (names_in(now.next) >= Shape::grow_at / 2) (void)divide(now);
  }

  // A segment is full: divide until it is its turn, if that will help.
  LASTOUT_COLD bool make_room(hash_bits hash) {
    const std::lock_guard<spin_lock> guard(growth_);
    for (;;) {
      const row_extent now = row();
      const std::uint32_t at = now.segment_of(bits(hash));
      if (names_in(at) < segment::capacity) return true;
      if (!divisible(at, now.depth_of(at)) || !divide(now)) return false;
    }
  }
  bool divisible(std::uint32_t at, unsigned bit) {
    const std::lock_guard<spin_lock> guard(states_[at].lock);
    std::uint32_t set = 0;
    segments_[at].for_each([&](T& each) { set += bits(object_hash()(each)) >> bit & 1; });
    return set != 0 && set != states_[at].names;
  }
  std::uint32_t names_in(std::uint32_t at) {
    const std::lock_guard<spin_lock> guard(states_[at].lock);
    return states_[at].names;
  }

  // Under growth_.

  bool divide(row_extent now) {
    const std::uint32_t to = now.count();
    if (to == segments_max_) return false;
    ask_for_huge_pages(to);
    const std::lock_guard<spin_lock> guard(states_[now.next].lock);
    const std::lock_guard<spin_lock> also(states_[to].lock);
    segment& from = segments_[now.next];
    segment& half = segments_[to];
    const unsigned bit = now.depth();
    from.prefetch_objects();
    from.for_each([&](T& each) {
      const hash_bits hash = object_hash()(each);
      if ((bits(hash) >> bit & 1) != 0) (void)half.insert(each, hash, states_[to]);
    });
    extend(now.grown());
    half.for_each([&](T& each) {
      (void)from.remove(each, object_hash()(each), states_[now.next], object_hash());
    });
    return true;
  }

  LASTOUT_OUT_OF_LINE void shrink_if_worth_it() {
    const std::unique_lock<spin_lock> growing(growth_, std::try_to_lock);
    const row_extent now = row();
    if (growing.owns_lock() && walkers_ == 0 && now.count() > 1)
      join(now.shrunk(), now.count() - 1);
  }

  // The last one's names go back to where they came from, if there is room to spare.
  void join(row_extent less, std::uint32_t last) {
    const std::lock_guard<spin_lock> guard(states_[less.next].lock);
    const std::lock_guard<spin_lock> also(states_[last].lock);
    if (states_[less.next].names + states_[last].names > joined_most) return;
    segment& to = segments_[less.next];
    segments_[last].prefetch_objects();
    segments_[last].for_each(
        [&](T& each) { (void)to.insert(each, object_hash()(each), states_[less.next]); });
    extend(less);
    segments_[last].clear(states_[last]);
    give_back(last);
  }

  void extend(row_extent to) noexcept {
    extent_.store(to.packed(Shape::slots),
                  order::release);  // (1) pairs with (2)
    // relaxed: only under growth_
    version_.store(version_.load(order::relaxed) + 1,
                   order::release);  // (3) pairs with (4)
  }

  // A table of less than one huge page does without, so that it is small.
  void ask_for_huge_pages([[maybe_unused]] std::uint32_t first) noexcept {
#ifdef MADV_HUGEPAGE
    const std::size_t from = first * sizeof(segment);
    if (from % huge_page != 0 || from == 0) return;
    char* const space = reinterpret_cast<char*>(segments_);
    madvise(space + from, huge_page, MADV_HUGEPAGE);  // a wish: may fail
#endif
  }
  // One huge page is kept in hand.
  void give_back(std::uint32_t first) noexcept {
    const std::size_t from = first * sizeof(segment);
    if (from % huge_page != 0) return;
    const std::size_t end = std::min(segments_max_ * sizeof(segment), from + 2 * huge_page);
    if (from + huge_page >= end) return;
    char* const space = reinterpret_cast<char*>(segments_);
    madvise(space + from + huge_page, end - from - huge_page, MADV_DONTNEED);
  }

  atomic<std::uint64_t> extent_{row_extent{}.packed(Shape::slots)};
  atomic<std::uint64_t> version_{0};
  segment* segments_ = nothing();
  state* states_ = nullptr;
  void* space_ = nullptr;
  std::uint32_t segments_max_ = 0;

  spin_lock growth_;
  unsigned walkers_ = 0;  // under growth_
};

}  // namespace LASTOUT_ABI
}  // namespace lastout
