// registry.cpp - registry<Key, T> against a map from names to who has them.
//
// Input: the first byte says how bad the hash is and which keys are used; then operations. The table
// is a small one, so that it grows and shrinks all the time. An object is in the registry from
// insert() until erase() or its last put, whichever comes first; names are compared with the map
// after each operation, with every way there is to ask.

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <lastout/in_slab.hpp>
#include <lastout/kref.hpp>
#include <lastout/registry.hpp>

#include "expect.hpp"
#include "input.hpp"
#include "told.hpp"

namespace {

using namespace lastout;
using fuzz::check;
using fuzz::note;
using fuzz::same;

constexpr unsigned names = 48;
constexpr unsigned slots = 40;

struct small_shape {
  static constexpr std::uint32_t slots = 8;
  static constexpr std::uint32_t segments_max = 16;
  static constexpr std::uint32_t grow_at = 5;
  static constexpr std::uint32_t shrink_at = 3;
};

// How many different hashes there are; 0: as many as names.
unsigned hashes = 0;

template <class Key>
struct chosen_hash {
  using is_transparent = void;
  template <class Name>
  std::size_t operator()(const Name& name) const noexcept {
    std::size_t hash = 0;
    if constexpr (std::is_integral_v<Key>) {
      hash = static_cast<std::size_t>(name);
    } else {
      hash = std::hash<std::string_view>{}(std::string_view(name));
    }
    return hashes == 0 ? hash : hash % hashes;
  }
};

template <class Key>
Key name_numbered(unsigned n) {
  if constexpr (std::is_integral_v<Key>) {
    return static_cast<Key>(n);
  } else {
    return std::string(n % 3 * 20, 'x') + std::to_string(n);
  }
}

template <class Key>
class world {
 public:
  explicit world(fuzz::input in) : in_(in) { here_ = this; }
  world(const world&) = delete;
  world& operator=(const world&) = delete;
  ~world() = default;

  void run() {
    while (in_.more()) {
      step();
      told_.compare();
      look_everywhere();
    }
    for (external<thing>& each : held_) drop(each);
    same(known_.size(), 0U, "nobody is left in the registry without a holder");
    same(registry_.size(), 0U, "size() at the end");
    same(alive_, 0U, "every object was released");
    told_.compare();
  }

 private:
  struct thing : kref<thing>, in_slab<thing> {
    explicit thing(unsigned number) : id(number), name(name_numbered<Key>(number)) {
      ++here_->alive_;
    }
    ~thing() { --here_->alive_; }
    void release() noexcept {
      const bool was_in = here_->registry_.leave(*this);
      here_->left(*this, was_in);
      delete this;
    }
    const unsigned id;
    const Key name;
  };
  using table = registry<Key, thing, &thing::name, chosen_hash<Key>, std::equal_to<>, small_shape>;

  // Of the object that goes: it was in exactly when the model has it.
  void left(const thing& gone, bool was_in) {
    const auto at = known_.find(gone.id);
    const bool known = at != known_.end() && at->second == &gone;
    same(was_in, known, "leave() says whether it was in");
    if (known) known_.erase(at);
    holders_.erase(&gone);
  }

  unsigned name() { return in_.below(names); }
  external<thing>& slot() { return held_[in_.below(slots)]; }
  void drop(external<thing>& old) {
    if (!old) return;
    thing* const was = old.address();
    --holders_[was];
    old.put();
    check(!old, "a handle is empty once it has put");
  }
  // Into a slot; what was there goes.
  void keep(external<thing> got) {
    external<thing>& into = slot();
    drop(into);
    if (got) ++holders_[got.address()];
    into = std::move(got);
  }
  thing* known(unsigned id) {
    const auto at = known_.find(id);
    return at == known_.end() ? nullptr : at->second;
  }
  // A segment has room for seven. When it is full and the next bit of the hash does not tell its
  // names apart, one more is refused: with this small table seven names are enough for that.
  bool crowded() const { return known_.size() >= small_shape::slots - 1; }

  void inserted(unsigned id, external<thing> made, external<thing> got) {
    thing* const other = known(id);
    if (other != nullptr) {
      same(got.address(), other, "who has the name stays");
    } else if (!got) {
      check(crowded(), "only a name that many others look like is refused");
    } else {
      if (made) same(got.address(), made.address(), "what was made is in");
      known_[id] = got.address();
    }
    if (made && got == made) {
      keep(std::move(made));
      return;
    }
    keep(std::move(got));
  }

  void insert(unsigned id) {
    external<thing> made = make<thing>(id);
    external<thing> same_one = made;
    external<thing> got = registry_.insert(std::move(made));
    check(!made, "insert() takes the handle over");
    inserted(id, std::move(same_one), std::move(got));
  }

  struct refusal : std::runtime_error {
    using std::runtime_error::runtime_error;
  };

  void get_or_create(unsigned id) {
    const unsigned how = in_.below(6);
    note("get_or_create", id, "how", how);
    const Key key = name_numbered<Key>(id);
    thing* const there = known(id);
    bool asked = false;
    external<thing> got;
    bool threw = false;
    try {
      got = registry_.get_or_create(key, [&]() -> external<thing> {
        check(!asked, "one creator is asked once");
        asked = true;
        if (how == 1) return {};
        if (how == 2) throw refusal("no");
        if (how == 3) {
          told_.expect(violation::creates_within_itself);
          check(!registry_.get_or_create(key, [] { return external<thing>(); }),
                "a creator that asks for its own name gets nothing");
        }
        if (how == 4) insert_from_creator(id);
        return make<thing>(id);
      });
    } catch (const refusal&) {
      threw = true;
    }
    same(asked, there == nullptr, "create() is asked when nobody has the name");
    same(threw, asked && how == 2, "what create() throws comes out");
    if (threw || (asked && how == 1)) {
      check(!got, "no object where create() made none");
      return;
    }
    inserted(id, {}, std::move(got));
  }
  // While its name is being created somebody else puts one in: that one has the name.
  void insert_from_creator(unsigned id) {
    external<thing> other = registry_.insert(make<thing>(id));
    if (!other) return;
    known_[id] = other.address();
    keep(std::move(other));
  }

  void erase(unsigned id) {
    thing* const there = known(id);
    if (there != nullptr) known_.erase(id);
    external<thing> out = registry_.erase(name_numbered<Key>(id));
    same(out.address(), there, "erase() returns who had the name");
    if (out) same(out->id, id, "and that one has it");
  }

  void leave() {
    external<thing>& of = slot();
    if (!of) return;
    const bool in = known(of->id) == of.address();
    if (in) known_.erase(of->id);
    same(registry_.leave(*of), in, "leave() says whether it was in");
    check(!registry_.leave(*of), "and it is in no more");
  }

  void visit() {
    const bool changes = in_.once_in(3);
    // By slot and generation: an address is used again.
    std::set<std::uint64_t> met;
    std::map<unsigned, std::uint64_t> before;
    for (const auto& [id, object] : known_) before[id] = serial_of(*object);
    registry_.for_each([&](external<thing> each) {
      check(each && met.insert(serial_of(*each)).second, "for_each meets each once");
      if (changes && in_.more()) {
        const unsigned id = name();
        if (in_.flip()) {
          insert(id);
        } else {
          erase(id);
        }
      }
    });
    if (changes) {
      for (const auto& [id, object] : known_) {
        const std::uint64_t serial = serial_of(*object);
        if (before.contains(id) && before[id] == serial)
          check(met.contains(serial), "who stays in is met");
      }
      return;
    }
    same(met.size(), known_.size(), "for_each meets all");
    for (const auto& [id, object] : known_)
      check(met.contains(serial_of(*object)), "for_each meets them");
  }

  void find_many() {
    std::array<Key, 20> asked;
    std::array<external<thing>, 20> out;
    std::array<unsigned, 20> ids{};
    const std::size_t n = in_.below(20) + 1;
    for (std::size_t i = 0; i < n; ++i) asked[i] = name_numbered<Key>(ids[i] = name());
    registry_.find_many(std::span<const Key>(asked).first(n), std::span(out).first(n));
    for (std::size_t i = 0; i < n; ++i)
      same(out[i].address(), known(ids[i]), "find_many finds as find does");
  }

  void mark() {
    external<thing>& of = slot();
    if (!of || marks_.size() > 30) return;
    marks_.push_back({internal<thing, slab<thing>>(*of), of->id, serial_of(*of)});
  }
  std::uint64_t serial_of(const thing& of) { return internal<thing, slab<thing>>(of).number(); }
  void follow_mark() {
    if (marks_.empty()) return;
    const marked& old = marks_[in_.below(static_cast<unsigned>(marks_.size()))];
    external<thing> again = old.at.get_not_zero();
    bool lives = false;
    for (const auto& [object, n] : holders_)
      lives = lives || (n > 0 && serial_of(*object) == old.serial);
    same(static_cast<bool>(again), lives, "a mark leads to its object while that lives");
    if (again) same(again->id, old.id, "and to no other one");
  }

  void step() {
    switch (in_.below(11)) {
      case 0:
      case 1: {
        const unsigned id = name();
        note("insert", id);
        return insert(id);
      }
      case 2: {
        const unsigned id = name();
        note("find", id);
        external<thing> got = registry_.find(name_numbered<Key>(id));
        same(got.address(), known(id), "find() finds who has the name");
        return keep(std::move(got));
      }
      case 3: note("put"); return drop(slot());
      case 4: {
        const unsigned id = name();
        note("erase", id);
        return erase(id);
      }
      case 5: return get_or_create(name());
      case 6: note("leave"); return leave();
      case 7: note("for_each"); return visit();
      case 8: note("find_many"); return find_many();
      case 9: note("mark"); return mark();
      default: note("follow a mark"); return follow_mark();
    }
  }

  void look_everywhere() {
    same(registry_.size(), known_.size(), "size()");
    // Some names in turn; all of them now and then.
    const unsigned all = turn_++ % 16 == 15 ? names : 3;
    for (unsigned n = 0; n < all; ++n) {
      const unsigned id = (turn_ * 3 + n) % names;
      const external<thing> got = registry_.find(name_numbered<Key>(id));
      same(got.address(), known(id), "each name leads to who has it");
    }
  }

  struct marked {
    internal<thing, slab<thing>> at;
    unsigned id;
    std::uint64_t serial;
  };

  static inline world* here_ = nullptr;

  fuzz::input in_;
  fuzz::violations_told told_;
  std::size_t alive_ = 0;
  unsigned turn_ = 0;
  std::map<unsigned, thing*> known_;
  std::map<const thing*, int> holders_;
  std::vector<marked> marks_;
  table registry_;
  std::array<external<thing>, slots> held_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0 || size > 4096) return 0;
  fuzz::input in(data, size);
  static constexpr unsigned kinds[] = {0, 1, 2, 5, 16};
  const unsigned how = in.byte();
  hashes = kinds[how / 2 % 5];
  note("hashes", hashes);
  if (how % 2 == 0) {
    world<int>(in).run();
  } else {
    world<std::string>(in).run();
  }
  return 0;
}
