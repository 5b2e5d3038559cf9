// object_book.cpp - notes references, and finds out whose one was when it should not be.

#include "object_book.hpp"

#include <time.h>

#include <algorithm>
#include <cstring>
#include <mutex>

#include <lastout/spin_lock.hpp>

#include "blocks.hpp"
#include "choice.hpp"
#include "graveyard.hpp"
#include "layout.hpp"
#include "lock_checks.hpp"
#include "notice.hpp"
#include "pool.hpp"
#include "stack_book.hpp"
#include "thread_book.hpp"
#include "thread_state.hpp"

namespace lastout::ledger {

struct tracked_object {
  struct past {
    happening* events;  // a ring
    std::uint32_t room;
    std::uint64_t size;  // so many were ever noted
  };

  tracked_object* next;  // of the same bucket
  const void* object;
  type_book* type;
  record* first;
  past history;
  std::uint64_t born_ns;
  std::uint32_t born_thread;
  std::uint32_t born_stack;
  std::uint64_t last_put_ns;  // 0: nobody has put yet
  std::uint32_t last_put_thread;
  std::uint32_t last_put_stack;
  std::uint32_t held;  // records
  bool whole;          // known since its birth
  bool robbed;         // a put has been told of that took somebody's reference
};

namespace {

struct shard {
  spin_lock lock;
  tracked_object** buckets = nullptr;
  std::size_t room = 0;  // a power of two
  std::size_t objects = 0;
  std::size_t references = 0;
  pool<tracked_object> free_objects;
  pool<record> free_records;
  blocks rings;
};

constinit shard table[shards];
constinit atomic<std::uint64_t> missed{0};

// A reference whose end came while its thread was in the ledger: its handle is gone, so nobody else
// says any more where it is. Whoever looks at its object next takes it out.
constinit char ended_mark = 0;
constinit atomic<std::uint64_t> ended_late{0};
void end_later(record& of) noexcept {
  of.where.store(&ended_mark, order::release);  // (1) pairs with (2)
  ended_late.fetch_add(1, order::relaxed);      // relaxed: whether it is worth looking
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
std::size_t shard_of(const void* object) noexcept { return hash_of(object) % shards; }

void miss() noexcept { missed.fetch_add(1, order::relaxed); }  // relaxed: a count

bool falls_in(const type_book& type, const void* object) noexcept {
  const std::uint32_t share = type.tracked.load(order::relaxed);  // relaxed: a setting
  return share != type_entry::none && type_entry::falls_into(object, share);
}

// Where an event comes from: found out before any lock is taken.
struct circumstances {
  explicit circumstances(bool with_stack = true) noexcept
      : when_ns(now_ns()),
        thread(this_thread_entry().number),
        stack(with_stack ? note_stack(stack_depth.load(order::relaxed)) : 0) {}
  std::uint64_t when_ns;
  std::uint32_t thread;
  std::uint32_t stack;
};

// All of what follows: under the shard's lock.

tracked_object** link_to(shard& in, const void* object) noexcept {
  if (in.room == 0) return nullptr;
  tracked_object** link = &in.buckets[(hash_of(object) / shards) & (in.room - 1)];
  while (*link != nullptr && (*link)->object != object) link = &(*link)->next;
  return link;
}
tracked_object* find(shard& in, const void* object) noexcept {
  tracked_object** const link = link_to(in, object);
  return link == nullptr ? nullptr : *link;
}

bool grow(shard& in) noexcept {
  const std::size_t room = in.room == 0 ? 512 : 2 * in.room;
  auto** const more = static_cast<tracked_object**>(map_memory(room * sizeof(tracked_object*)));
  if (more == nullptr) return in.room != 0;
  for (std::size_t i = 0; i < in.room; ++i) {
    for (tracked_object* each = in.buckets[i]; each != nullptr;) {
      tracked_object* const next = each->next;
      tracked_object*& head = more[(hash_of(each->object) / shards) & (room - 1)];
      each->next = head;
      head = each;
      each = next;
    }
  }
  unmap_memory(in.buckets, in.room * sizeof(tracked_object*));
  in.buckets = more;
  in.room = room;
  return true;
}

bool make_history(shard& in, tracked_object& of, std::size_t events) noexcept {
  if (events == 0 || of.history.room == events) return true;
  auto* const ring = static_cast<happening*>(in.rings.take(events * sizeof(happening)));
  if (ring == nullptr) return false;
  tracked_object::past& old = of.history;
  const std::uint64_t kept = std::min<std::uint64_t>({old.size, old.room, events});
  for (std::uint64_t i = 0; i < kept; ++i) ring[i] = old.events[(old.size - kept + i) % old.room];
  in.rings.give(old.events, old.room * sizeof(happening));
  old = {ring, static_cast<std::uint32_t>(events), kept};
  return true;
}

tracked_object* insert(shard& in, type_book& type, const void* object, bool whole,
                       const circumstances& at) noexcept {
  if (in.objects >= in.room && !grow(in)) return nullptr;
  tracked_object* const made = in.free_objects.take();
  if (made == nullptr) return nullptr;
  made->object = object;
  made->type = &type;
  made->whole = whole;
  if (whole) {
    made->born_ns = at.when_ns;
    made->born_thread = at.thread;
    made->born_stack = at.stack;
    use_thread(at.thread);
  }
  (void)make_history(in, *made, history_events.load(order::relaxed));
  tracked_object** const head = link_to(in, object);
  made->next = *head;
  *head = made;
  ++in.objects;
  return made;
}

void remember(tracked_object& of, deed what, const circumstances& at,
              const void* where = nullptr) noexcept {
  tracked_object::past& past = of.history;
  if (past.room == 0) return;
  past.events[past.size++ % past.room] = {at.when_ns, where, at.thread, at.stack, what};
}

record* add_record(shard& in, std::size_t number, tracked_object& to, kind as, const void* where,
                   const circumstances& at) noexcept {
  record* const made = in.free_records.take();
  if (made == nullptr) return nullptr;
  made->of = &to;
  made->where.store(where, order::relaxed);  // relaxed: for reports
  made->tag = per_thread<thread_tag>().text;
  made->begin_at(at.when_ns);
  made->shard = static_cast<std::uint8_t>(number);
  made->as = static_cast<std::uint8_t>(as) & 15u;
  made->stack = at.stack;
  made->thread = at.thread;
  use_thread(at.thread);
  made->next = to.first;
  made->back = &to.first;
  if (to.first != nullptr) to.first->back = &made->next;
  to.first = made;
  ++to.held;
  ++in.references;
  return made;
}

void unlink(shard& in, record& out) noexcept {
  *out.back = out.next;
  if (out.next != nullptr) out.next->back = out.back;
  --out.of->held;
  --in.references;
  out.of = nullptr;
}

void free_record(shard& in, record& out) noexcept {
  unuse_thread(out.thread);
  in.free_records.give(&out);
}

// Somebody else has put it: its object may be gone.
bool is_consumed(const record& of) noexcept {
  const std::lock_guard guard(table[of.shard].lock);
  return of.consumed != 0;
}

void sweep(shard& in, tracked_object& of) noexcept {
  if (ended_late.load(order::relaxed) == 0) [[likely]]  // relaxed: as above
    return;
  for (record* each = of.first; each != nullptr;) {
    record* const next = each->next;
    if (each->where.load(order::acquire) == &ended_mark) {  // (2) pairs with (1)
      unlink(in, *each);
      free_record(in, *each);
    }
    each = next;
  }
}

// Takes an object out. Its records stay with their handles, who find that they are nobody's.
void remove(shard& in, tracked_object** link, bool consumed) noexcept {
  tracked_object* const gone = *link;
  while (record* const each = gone->first) {
    unlink(in, *each);
    each->consumed = consumed;
    if (static_cast<kind>(each->as) == kind::given) free_record(in, *each);  // it has no handle
  }
  *link = gone->next;
  --in.objects;
  if (gone->whole) unuse_thread(gone->born_thread);
  in.rings.give(gone->history.events, gone->history.room * sizeof(happening));
  in.free_objects.give(gone);
}

template <class Select>
void remove_each(Select selected) noexcept {
  for (shard& each : table) {
    const std::lock_guard guard(each.lock);
    for (std::size_t i = 0; i < each.room; ++i) {
      for (tracked_object** link = &each.buckets[i]; *link != nullptr;) {
        if (selected(**link)) {
          remove(each, link, false);
        } else {
          link = &(*link)->next;
        }
      }
    }
  }
}

enum class source : std::uint8_t { counted, another, handed_over };

record* note(type_entry& type, const void* object, kind as, const void* where,
             source from) noexcept {
  const inside here;
  if (!here) {
    miss();
    return nullptr;
  }
  type_book* const book = book_of(type);
  if (book == nullptr || !falls_in(*book, object)) return nullptr;
  const circumstances at;
  const std::size_t number = shard_of(object);
  shard& in = table[number];
  record* made = nullptr;
  bool weak = false;
  {
    std::unique_lock guard(in.lock);
    tracked_object* to = find(in, object);
    if (to == nullptr) {
      // Released, and not born again: who gets it is wrong, and it cannot be asked for its count.
      guard.unlock();
      if (is_dead(object)) return nullptr;
      guard.lock();
      to = find(in, object);
    }
    if (!falls_in(*book, object)) return nullptr;
    if (to == nullptr) to = insert(in, *book, object, false, at);
    if (to == nullptr) {
      miss();
      return nullptr;
    }
    sweep(in, *to);
    weak = from == source::another && to->whole && to->held == 0;
    bool from_nothing = false;
    if (from == source::handed_over) {
      record* given = to->first;
      while (given != nullptr && static_cast<kind>(given->as) != kind::given) given = given->next;
      if (given != nullptr) {
        given->as = static_cast<std::uint8_t>(as) & 15u;
        given->where.store(where, order::relaxed);  // relaxed: for reports
        remember(*to, deed::adopted, at, where);
        return given;
      }
      from_nothing = to->whole;
    }
    made = add_record(in, number, *to, as, where, at);
    if (made == nullptr) {
      miss();
      return nullptr;
    }
    made->from_nothing = from_nothing;
    remember(*to, from == source::handed_over ? deed::adopted : deed::got, at, where);
  }
  book->gets.fetch_add(1, order::relaxed);  // relaxed: a statistic
  if (weak && checks_on.load(order::relaxed)) tell_weak_get(*book, object);
  return made;
}

// What it keeps alive, as far as there is room: the heap is not to be asked under the lock.
// Returns how many there were.
std::size_t copy_kept(const tracked_object& from, std::vector<const void*>& out) {
  struct {
    std::vector<const void*>& out;
    std::size_t met;
  } list{out, 0};
  from.type->entry->keeps(
      from.object,
      [](void* to, const void* kept) {
        auto& into = *static_cast<decltype(list)*>(to);
        ++into.met;
        if (into.out.size() < into.out.capacity()) into.out.push_back(kept);
      },
      &list);
  return list.met;
}

// Returns how many objects it keeps alive, which may be more than there was room for.
std::size_t copy(const tracked_object& from, shard_seen& out) {
  object_seen seen{};
  seen.object = from.object;
  seen.type = from.type;
  seen.references = from.type->entry->references(from.object);
  seen.state = from.type->entry->state(from.object);
  seen.whole = from.whole;
  seen.born_ns = from.born_ns;
  seen.born_thread = from.born_thread;
  seen.born_stack = from.born_stack;
  seen.last_put_ns = from.last_put_ns;
  seen.last_put_thread = from.last_put_thread;
  seen.last_put_stack = from.last_put_stack;
  seen.first_reference = static_cast<std::uint32_t>(out.references.size());
  for (const record* each = from.first; each != nullptr; each = each->next) {
    out.references.push_back({each->since_ns(), each->where.load(order::relaxed), each->owner,
                              each->tag, each->stack, each->thread, static_cast<kind>(each->as)});
  }
  seen.held = from.held;
  seen.first_event = static_cast<std::uint32_t>(out.events.size());
  const tracked_object::past& past = from.history;
  const std::uint64_t events = std::min<std::uint64_t>(past.size, past.room);
  for (std::uint64_t i = past.size - events; i < past.size; ++i)
    out.events.push_back(past.events[i % past.room]);
  seen.events = static_cast<std::uint32_t>(events);
  seen.first_kept = static_cast<std::uint32_t>(out.kept.size());
  const std::size_t keeps = copy_kept(from, out.kept);
  seen.kept = static_cast<std::uint32_t>(out.kept.size()) - seen.first_kept;
  out.objects.push_back(seen);
  return keeps;
}

// How much room a copy takes.
struct room {
  std::size_t objects = 0, references = 0, events = 0, kept = 0;
  void add(const tracked_object& more) noexcept {
    ++objects;
    references += more.held;
    events +=
        static_cast<std::size_t>(std::min<std::uint64_t>(more.history.size, more.history.room));
  }
  [[nodiscard]] bool is_in(const shard_seen& of) const noexcept {
    return objects <= of.objects.capacity() && references <= of.references.capacity() &&
           events <= of.events.capacity() && kept <= of.kept.capacity();
  }
  // A little more than that, for what turns up before the lock is taken again.
  void make(shard_seen& in) const {
    const auto more = [](std::size_t n) { return n + n / 8 + 16; };
    in.objects.clear();
    in.references.clear();
    in.events.clear();
    in.kept.clear();
    if (is_in(in)) return;
    in.objects.reserve(more(objects));
    in.references.reserve(more(references));
    in.events.reserve(more(events));
    in.kept.reserve(more(kept));
  }
};

// The tracked object at that address; else the one that has it inside; else nullptr.
const void* object_with(const void* address) noexcept {
  const inside here;
  {
    shard& in = table[shard_of(address)];
    const std::lock_guard guard(in.lock);
    if (find(in, address) != nullptr) return address;
  }
  for (shard& each : table) {
    const std::lock_guard guard(each.lock);
    for (std::size_t i = 0; i < each.room; ++i) {
      for (const tracked_object* of = each.buckets[i]; of != nullptr; of = of->next)
        if (has_inside(*of->type, of->object, address)) return of->object;
    }
  }
  return nullptr;
}

}  // namespace

constinit const layout_part layout_of_objects = layout_of(roots, members);
// Brings layout.cpp into every program that has a ledger, out of the static library.
[[gnu::used, gnu::retain]] static const layout* const shown_to_debuggers = &lastout_ledger_layout;

std::uint64_t now_ns() noexcept {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000 +
         static_cast<std::uint64_t>(now.tv_nsec);
}

record* begin(type_entry& type, const void* object, kind as, const void* where) noexcept {
  return note(type, object, as, where, source::counted);
}
record* begin_another(type_entry& type, const void* object, kind as, const void* where) noexcept {
  return note(type, object, as, where, source::another);
}
record* adopt(type_entry& type, const void* object, kind as, const void* where) noexcept {
  return note(type, object, as, where, source::handed_over);
}

bool end(type_entry& type, const void* object, record* of) noexcept {
  const inside here;
  if (!here) {
    if (of != nullptr) end_later(*of);
    return true;
  }
  type_book* const book = book_of(type);
  if (book == nullptr) return true;
  if (checks_on.load(order::relaxed) && !(of != nullptr && is_consumed(*of)))
    check_put(*book, object);
  if (of == nullptr) return true;

  const circumstances at;
  shard& in = table[of->shard];
  bool consumed = false;
  bool robs = false;
  robbery told;
  {
    const std::lock_guard guard(in.lock);
    if (tracked_object* const to = of->of) {
      remember(*to, deed::put, at, of->where.load(order::relaxed));
      to->last_put_ns = at.when_ns;
      to->last_put_thread = at.thread;
      to->last_put_stack = at.stack;
      const bool from_nothing = of->from_nothing != 0;
      unlink(in, *of);
      if (from_nothing && to->whole && to->held != 0) {
        robs = to->robbed = true;
        told.adopter = {of->thread, of->stack, nullptr};
        for (const record* each = to->first; each != nullptr; each = each->next)
          told.add(each->thread, each->stack, each->tag);
      }
    } else {
      consumed = of->consumed != 0;
    }
    free_record(in, *of);
  }
  book->puts.fetch_add(1, order::relaxed);  // relaxed: a statistic
  if (robs) tell_robbery(*book, object, told, false);
  if (consumed) tell_robbed(*book, object);
  return !consumed;
}

void drop(record* of) noexcept {
  const inside here;
  if (!here) return end_later(*of);
  shard& in = table[of->shard];
  const std::lock_guard guard(in.lock);
  if (of->of != nullptr) unlink(in, *of);
  free_record(in, *of);
}

void move(record* of, const void* where) noexcept {
  of->where.store(where, order::relaxed);  // relaxed: for reports
}

void give(record* of) noexcept {
  const inside here;
  if (!here) return miss();
  const circumstances at;
  shard& in = table[of->shard];
  const std::lock_guard guard(in.lock);
  if (of->of == nullptr) return free_record(in, *of);
  remember(*of->of, deed::given, at, of->where.load(order::relaxed));
  of->where.store(nullptr, order::relaxed);  // relaxed: for reports
  of->as = static_cast<std::uint8_t>(kind::given);
  of->stack = at.stack;  // who gives it away is whom to ask
}

void declare_existence(record* of, bool on) noexcept {
  const inside here;
  if (!here) return miss();
  const std::lock_guard guard(table[of->shard].lock);
  of->as = static_cast<std::uint8_t>(on ? kind::existence : kind::external) & 15u;
}
void set_tag(record* of, const char* text) noexcept {
  const inside here;
  if (!here) return miss();
  const std::lock_guard guard(table[of->shard].lock);
  of->tag = text;
}
void set_owner(record* of, const void* owner) noexcept {
  const inside here;
  if (!here) return miss();
  const std::lock_guard guard(table[of->shard].lock);
  of->owner = owner;
}

void happened(type_entry& type, const void* object, event what) noexcept {
  const inside here;
  if (!here) return miss();
  type_book* const book = book_of(type);
  // What is not wanted any more may still be on the books: its end takes it off.
  if (book == nullptr || (what != event::released && !falls_in(*book, object))) return;
  const circumstances at;
  shard& in = table[shard_of(object)];
  dead_object gone{};
  bool robs = false;
  robbery told;
  {
    const std::lock_guard guard(in.lock);
    tracked_object** link = link_to(in, object);
    tracked_object* of = link == nullptr ? nullptr : *link;
    switch (what) {
      case event::born:
        if (of != nullptr) remove(in, link, false);  // its end was missed
        if (falls_in(*book, object)) {
          of = insert(in, *book, object, true, at);
          if (of != nullptr) remember(*of, deed::born, at);
        }
        break;
      case event::released:
        if (of == nullptr) return;
        sweep(in, *of);
        gone = {book,      object,         of->born_ns, at.when_ns, of->born_thread,
                at.thread, of->born_stack, at.stack};
        if (of->whole && !of->robbed && of->held != 0) {
          robs = true;
          for (const record* each = of->first; each != nullptr; each = each->next)
            told.add(each->thread, each->stack, each->tag);
        }
        remove(in, link, true);
        break;
      default:
        if (of == nullptr) break;
        remember(*of,
                 what == event::refused       ? deed::refused
                 : what == event::resurrected ? deed::resurrected
                                              : deed::killed,
                 at);
        break;
    }
  }
  switch (what) {  // relaxed: statistics
    case event::born: book->born.fetch_add(1, order::relaxed); break;
    case event::refused: book->refused.fetch_add(1, order::relaxed); break;
    case event::resurrected: book->resurrected.fetch_add(1, order::relaxed); break;
    case event::killed: book->killed.fetch_add(1, order::relaxed); break;
    case event::released:
      book->released.fetch_add(1, order::relaxed);
      bury(gone);
      break;
    default: break;
  }
  if (robs) tell_robbery(*book, object, told, true);
}

void look_at_shard(std::size_t which, shard_seen& out) {
  shard& in = table[which];
  for (room wanted;;) {
    wanted.make(out);
    const inside here;
    const std::lock_guard guard(in.lock);
    wanted = {};
    for (std::size_t i = 0; i < in.room; ++i) {
      for (tracked_object* each = in.buckets[i]; each != nullptr; each = each->next) {
        sweep(in, *each);
        wanted.add(*each);
      }
    }
    if (!wanted.is_in(out)) continue;
    for (std::size_t i = 0; i < in.room; ++i) {
      for (const tracked_object* each = in.buckets[i]; each != nullptr; each = each->next)
        wanted.kept += copy(*each, out);
    }
    if (wanted.is_in(out)) return;
  }
}

bool look_at(const void* address, shard_seen& out) {
  const void* const object = object_with(address);
  if (object == nullptr) return false;
  shard& in = table[shard_of(object)];
  for (room wanted;;) {
    wanted.make(out);
    const inside here;
    const std::lock_guard guard(in.lock);
    tracked_object* const of = find(in, object);
    if (of == nullptr) return false;
    sweep(in, *of);
    wanted = {};
    wanted.add(*of);
    if (!wanted.is_in(out)) continue;
    wanted.kept = copy(*of, out);
    if (wanted.is_in(out)) return true;
  }
}

std::vector<type_tally> tally_types() {
  std::vector<type_tally> out(types_known() + 1);
  for (shard& each : table) {
    const inside here;
    const std::lock_guard guard(each.lock);
    for (std::size_t i = 0; i < each.room; ++i) {
      for (tracked_object* of = each.buckets[i]; of != nullptr; of = of->next) {
        sweep(each, *of);
        if (of->type->number >= out.size()) continue;  // it became known just now
        type_tally& sum = out[of->type->number];
        ++sum.alive;
        if (of->held == 0) ++sum.idle;
        for (const record* r = of->first; r != nullptr; r = r->next) {
          const std::uint64_t since = r->since_ns();
          if (sum.oldest_ns == 0 || since < sum.oldest_ns) sum.oldest_ns = since;
        }
      }
    }
  }
  return out;
}

bool keep_history(const void* address, std::size_t events) noexcept {
  const void* const object = object_with(address);
  if (object == nullptr) return false;
  const inside here;
  shard& in = table[shard_of(object)];
  const std::lock_guard guard(in.lock);
  tracked_object* const of = find(in, object);
  return of != nullptr && make_history(in, *of, std::clamp<std::size_t>(events, 1, history_max));
}

void drop_untracked() noexcept {
  remove_each([](const tracked_object& each) { return !falls_in(*each.type, each.object); });
}
void drop_all() noexcept {
  remove_each([](const tracked_object&) { return true; });
}

void lock_all_shards() noexcept {
  for (shard& each : table) each.lock.lock();
}
void unlock_all_shards() noexcept {
  for (shard& each : table) each.lock.unlock();
}

std::uint64_t references_missed() noexcept { return missed.load(order::relaxed); }

}  // namespace lastout::ledger
