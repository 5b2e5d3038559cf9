// object_table.cpp - finds an object by its address, and keeps its records on a list.

#include "object_table.hpp"

#include <algorithm>
#include <cstddef>

#include "choice.hpp"
#include "clock.hpp"
#include "layout.hpp"
#include "lock_soon.hpp"
#include "stack_book.hpp"
#include "thread_book.hpp"
#include "thread_state.hpp"

namespace lastout::ledger {

constinit shard table[shards];

namespace {

constinit atomic<std::uint64_t> missed{0};

constinit char ended_mark = 0;  // stands for the handle of a reference that ended unseen

bool has_ended(const record& of) noexcept {
  return of.where.load(order::acquire) == &ended_mark;  // (2) pairs with (1)
}

// One word of them all, on the machines that a debugger is taught.
constexpr std::uint32_t bits_of_record = offsetof(record, since_low);
constexpr layout_root roots[] = {{"shards", table, sizeof(shard), shards},
                                 {"missed", &missed, sizeof missed, 1}};
constexpr layout_member members[] = {
    LASTOUT_MEMBER(shard, lock),
    LASTOUT_MEMBER(shard, buckets),
    LASTOUT_MEMBER(shard, room),
    LASTOUT_MEMBER(tracked_object, next),
    LASTOUT_MEMBER(tracked_object, object),
    LASTOUT_MEMBER(tracked_object, type),
    LASTOUT_MEMBER(tracked_object, first),
    LASTOUT_MEMBER(tracked_object, born_ns),
    LASTOUT_MEMBER(tracked_object, born_thread),
    LASTOUT_MEMBER(tracked_object, born_stack),
    LASTOUT_MEMBER(tracked_object, last_put_ns),
    LASTOUT_MEMBER(tracked_object, last_put_thread),
    LASTOUT_MEMBER(tracked_object, last_put_stack),
    LASTOUT_MEMBER(tracked_object, held),
    LASTOUT_MEMBER(tracked_object, whole),
    LASTOUT_MEMBER(record, next),
    LASTOUT_MEMBER(record, where),
    LASTOUT_MEMBER(record, owner),
    LASTOUT_MEMBER(record, tag),
    {"record.since_ns", bits_of_record, 8, 0, 48, 1024},
    {"record.as", bits_of_record, 8, 56, 4},
    LASTOUT_MEMBER(record, stack),
    LASTOUT_MEMBER(record, thread),
};

std::size_t hash_of(const void* object) noexcept {
  return static_cast<std::size_t>(
      (reinterpret_cast<std::uintptr_t>(object) >> 3) * 0xd6e8feb86659fd93u >> 20);
}

template <class Select>
void remove_each(shard& from, Select selected) noexcept {
  for (std::size_t i = 0; i < from.room; ++i) {
    for (tracked_object** link = &from.buckets[i]; *link != nullptr;) {
      if (selected(**link)) {
        from.remove(link, false);
      } else {
        link = &(*link)->next;
      }
    }
  }
}
bool any(const tracked_object&) noexcept { return true; }

}  // namespace

constinit const layout_part layout_of_objects = layout_of(roots, members);
// Brings layout.cpp into every program that has a ledger, out of the static library.
[[gnu::used, gnu::retain]] static const layout* const shown_to_debuggers = &lastout_ledger_layout;

circumstances::circumstances() noexcept
    : when_ns(now_ns()),
      thread(this_thread_entry().number),
      stack(note_stack(stack_depth.load(order::relaxed))) {}  // relaxed: a setting

shard& shard_of(const void* object) noexcept { return table[hash_of(object) % shards]; }

tracked_object** shard::link_to(const void* object) noexcept {
  if (room == 0) return nullptr;
  tracked_object** link = &buckets[(hash_of(object) / shards) & (room - 1)];
  while (*link != nullptr && (*link)->object != object) link = &(*link)->next;
  return link;
}

tracked_object* shard::find(const void* object) noexcept {
  tracked_object** const link = link_to(object);
  return link == nullptr ? nullptr : *link;
}

bool shard::grow() noexcept {
  const std::size_t more_room = room == 0 ? 512 : 2 * room;
  auto** const more =
      static_cast<tracked_object**>(map_memory(more_room * sizeof(tracked_object*)));
  if (more == nullptr) return room != 0;
  for (std::size_t i = 0; i < room; ++i) {
    for (tracked_object* each = buckets[i]; each != nullptr;) {
      tracked_object* const next = each->next;
      tracked_object*& head = more[(hash_of(each->object) / shards) & (more_room - 1)];
      each->next = head;
      head = each;
      each = next;
    }
  }
  unmap_memory(buckets, room * sizeof(tracked_object*));
  buckets = more;
  room = more_room;
  return true;
}

tracked_object* shard::insert(type_book& type, const void* object, bool whole,
                              const circumstances& at) noexcept {
  if (objects >= room && !grow()) return nullptr;
  tracked_object* const made = free_objects.take();
  if (made == nullptr) return nullptr;
  made->object = object;
  made->type = &type;
  made->missed_before = missed.load(order::relaxed);  // relaxed, here and below: under the lock
  made->whole = whole;
  if (whole) {
    made->born_ns = at.when_ns;
    made->born_thread = at.thread;
    made->born_stack = at.stack;
    use_thread(at.thread);
  }
  (void)make_history(*made, history_events.load(order::relaxed));
  tracked_object** const head = link_to(object);
  made->next = *head;
  *head = made;
  ++objects;
  return made;
}

void shard::remove(tracked_object** link, bool consumed) noexcept {
  tracked_object* const gone = *link;
  while (record* const each = gone->first) {
    unlink(*each);
    each->consumed = consumed;
    const bool ended = has_ended(*each);
    if (ended) ended_unseen.fetch_sub(1, order::relaxed);
    // Those have no handle.
    if (ended || static_cast<kind>(each->as) == kind::given) free_record(*each);
  }
  *link = gone->next;
  --objects;
  unuse_thread(gone->born_thread);
  rings.give(gone->history.events, gone->history.room * sizeof(happening));
  free_objects.give(gone);
}

record* shard::add_record(tracked_object& to, kind as, const void* where,
                          const circumstances& at) noexcept {
  record* const made = free_records.take();
  if (made == nullptr) return nullptr;
  made->of = &to;
  made->where.store(where, order::relaxed);  // relaxed: for reports
  made->tag = per_thread<thread_tag>().text;
  made->begin_at(at.when_ns);
  made->shard = static_cast<std::uint8_t>(this - table);
  made->as = static_cast<std::uint8_t>(as) & 15u;
  made->stack = at.stack;
  made->thread = at.thread;
  use_thread(at.thread);
  made->next = to.first;
  made->back = &to.first;
  if (to.first != nullptr) to.first->back = &made->next;
  to.first = made;
  ++to.held;
  return made;
}

void shard::unlink(record& out) noexcept {
  *out.back = out.next;
  if (out.next != nullptr) out.next->back = out.back;
  --out.of->held;
  out.of = nullptr;
}

void shard::free_record(record& out) noexcept {
  unuse_thread(out.thread);
  free_records.give(&out);
}

void shard::sweep(tracked_object& of) noexcept {
  if (of.whole && missed.load(order::relaxed) != of.missed_before) [[unlikely]] {
    unuse_thread(of.born_thread);
    of.whole = false;
    of.born_ns = of.born_thread = of.born_stack = 0;
  }
  if (ended_unseen.load(order::relaxed) == 0) [[likely]]
    return;
  for (record* each = of.first; each != nullptr;) {
    record* const next = each->next;
    if (has_ended(*each)) {
      ended_unseen.fetch_sub(1, order::relaxed);
      unlink(*each);
      free_record(*each);
    }
    each = next;
  }
}

void shard::catch_up() noexcept {
  if (released_unseen.exchange(false, order::relaxed)) remove_each(*this, &any);
}

void shard::miss() noexcept {
  missed.fetch_add(1, order::relaxed);  // relaxed: who must know of it is ordered after it
  ledger::miss();
}

bool shard::make_history(tracked_object& of, std::size_t events) noexcept {
  if (events == 0 || of.history.room == events) return true;
  auto* const ring = static_cast<happening*>(rings.take(events * sizeof(happening)));
  if (ring == nullptr) return false;
  tracked_object::past& old = of.history;
  const std::uint64_t kept = std::min<std::uint64_t>({old.size, old.room, events});
  for (std::uint64_t i = 0; i < kept; ++i) ring[i] = old.events[(old.size - kept + i) % old.room];
  rings.give(old.events, old.room * sizeof(happening));
  old = {ring, static_cast<std::uint32_t>(events), kept};
  return true;
}

void remember(tracked_object& of, deed what, const circumstances& at, const void* where) noexcept {
  tracked_object::past& past = of.history;
  if (past.room == 0) return;
  past.events[past.size++ % past.room] = {at.when_ns, where, at.thread, at.stack, what};
}

void end_unseen(record& of) noexcept {
  shard& in = shard_of(of);
  if (!lock_soon(in.lock)) {
    in.ended_unseen.fetch_add(1, order::relaxed);  // relaxed: whether it is worth looking
    of.where.store(&ended_mark, order::release);   // (1) pairs with (2)
    return;
  }
  if (of.of != nullptr) in.unlink(of);
  in.free_record(of);
  in.lock.unlock();
}

void release_unseen(const void* object) noexcept {
  shard& in = shard_of(object);
  miss();
  if (!lock_soon(in.lock)) {
    // relaxed: this thread has the lock, and gives it to who looks at this; or somebody has it for
    // longer than the rest of this release takes
    in.released_unseen.store(true, order::relaxed);
    return;
  }
  if (tracked_object** const link = in.link_to(object); link != nullptr && *link != nullptr)
    in.remove(link, true);
  in.lock.unlock();
}

void miss() noexcept { missed.fetch_add(1, order::relaxed); }  // relaxed: a count
std::uint64_t missed_so_far() noexcept { return missed.load(order::relaxed); }

bool falls_in(const type_book& type, const void* object) noexcept {
  const std::uint32_t share = type.tracked.load(order::relaxed);  // relaxed: a setting
  return share != type_entry::none && type_entry::falls_into(object, share);
}

const void* object_with(const void* address) noexcept {
  const inside here;
  {
    shard& in = shard_of(address);
    const hold_shard guard(in);
    if (in.find(address) != nullptr) return address;
  }
  for (shard& each : table) {
    const hold_shard guard(each);
    for (std::size_t i = 0; i < each.room; ++i) {
      for (const tracked_object* of = each.buckets[i]; of != nullptr; of = of->next)
        if (has_inside(*of->type, of->object, address)) return of->object;
    }
  }
  return nullptr;
}

bool keep_history(const void* address, std::size_t events) noexcept {
  const void* const object = object_with(address);
  if (object == nullptr) return false;
  const inside here;
  shard& in = shard_of(object);
  const hold_shard guard(in);
  tracked_object* const of = in.find(object);
  return of != nullptr && in.make_history(*of, std::clamp<std::size_t>(events, 1, history_max));
}

void drop_untracked() noexcept {
  for (shard& each : table) {
    const hold_shard guard(each);
    remove_each(each, [](const tracked_object& of) { return !falls_in(*of.type, of.object); });
  }
}
void drop_all(std::uint64_t which) noexcept {
  for (std::size_t i = 0; i < shards; ++i) {
    if ((which >> i & 1) == 0) continue;
    const hold_shard guard(table[i]);
    remove_each(table[i], &any);
  }
}

std::uint64_t lock_all_shards(bool interrupted) noexcept {
  static_assert(shards == 64);
  std::uint64_t had = 0;
  for (std::size_t i = 0; i < shards; ++i)
    had |= std::uint64_t{lock_for_fork(table[i].lock, interrupted)} << i;
  return had;
}
void unlock_all_shards(std::uint64_t which) noexcept {
  for (std::size_t i = 0; i < shards; ++i)
    if ((which >> i & 1) != 0) table[i].lock.unlock();
}

}  // namespace lastout::ledger
