// rule_47.cpp - clear the slot that held the reference before putting it.

#include <type_traits>
#include <utility>

#include <lastout/dual.hpp>
#include <lastout/external.hpp>
#include <lastout/kref.hpp>

#include "rules/support.hpp"

namespace {

using rules::recorded_violations;
using rules::verdict;

/// The slot under test, for its content's release to look at.
template <class Handle>
struct seen_slot {
  static inline Handle* slot = nullptr;
  static inline bool cleared = false;
  static inline int releases = 0;
  static void look(const void* mine) {
    ++releases;
    cleared = slot->address() != mine;
    if (releases < 3) slot->put();  // whoever finds the slot may put what is in it, again
  }
};

struct by_kref : lastout::kref<by_kref> {
  using handle = lastout::external<by_kref>;
  static handle make() { return lastout::make<by_kref>(); }
  void release() noexcept {
    seen_slot<handle>::look(this);
    delete this;
  }
};

struct by_active : lastout::dual<by_active> {
  using handle = lastout::active<by_active>;
  static handle make() { return lastout::make_active<by_active>(); }
  void deactivate() noexcept { seen_slot<handle>::look(this); }
};

struct by_passive : lastout::dual<by_passive> {
  using handle = lastout::passive<by_passive>;
  static handle make() { return lastout::make_active<by_passive>().get_passive(); }
  void release() noexcept {
    seen_slot<handle>::look(this);
    delete this;
  }
};

/// The twin: a handle that puts, then clears.
struct put_first {
  class handle {
   public:
    explicit handle(put_first* of = nullptr) : object_(of) {}
    handle(handle&& other) noexcept : object_(std::exchange(other.object_, nullptr)) {}
    handle& operator=(handle other) {
      put();
      object_ = std::exchange(other.object_, nullptr);
      return *this;
    }
    ~handle() { put(); }
    void put() {
      if (object_ != nullptr) object_->put();  // broken: release finds it in the slot
      object_ = nullptr;
    }
    [[nodiscard]] put_first* address() const { return object_; }

   private:
    put_first* object_;
  };

  static handle make() {
    static put_first objects[8];
    static std::size_t next = 0;
    put_first& born = objects[next++ % 8];
    born.references = 1;
    return handle(&born);
  }
  void put() {
    if (--references <= 0 && references > -2) seen_slot<handle>::look(this);
  }
  int references = 0;
};

template <class Object>
verdict the_slot_is_clear_when_release_runs() {
  using handle = typename Object::handle;
  using seen = seen_slot<handle>;
  verdict v;
  const auto begin = [](handle& slot) {
    seen::slot = &slot;
    seen::cleared = false;
    seen::releases = 0;
  };
  {
    handle slot = Object::make();
    begin(slot);
    slot.put();
    v.require(seen::releases == 1 && seen::cleared, "put() releases what is still in the slot");
  }
  {
    handle slot = Object::make();
    begin(slot);
    slot = handle();
    v.require(seen::releases == 1 && seen::cleared, "= {} releases what is still in the slot");
  }
  {
    handle slot = Object::make();
    begin(slot);
    handle next = Object::make();
    seen::releases = 3;  // look, and put nothing
    slot = std::move(next);
    v.require(seen::releases == 4 && seen::cleared, "= releases what is still in the slot");
  }
  seen::releases = 3;
  return v;
}

TEST(rule_47, the_slot_is_clear_when_release_runs) {
  const recorded_violations seen;
  EXPECT_HELD(the_slot_is_clear_when_release_runs<by_kref>());
  EXPECT_HELD(the_slot_is_clear_when_release_runs<by_active>());
  EXPECT_HELD(the_slot_is_clear_when_release_runs<by_passive>());
  EXPECT_TRUE(seen.none()) << seen.text();
}

TEST(rule_47, twin_is_caught) { EXPECT_BROKEN(the_slot_is_clear_when_release_runs<put_first>()); }

}  // namespace
