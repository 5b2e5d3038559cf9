// ledger_door.cpp - notes references, and finds out whose one was when it should not be.

#include <lastout/ledger_door.hpp>

#include "choice.hpp"
#include "graveyard.hpp"
#include "lock_checks.hpp"
#include "lock_soon.hpp"
#include "notice.hpp"
#include "object_table.hpp"
#include "thread_state.hpp"

namespace lastout::ledger {
namespace {

// Of every reference that is not noted while puts are checked: its end comes here too.
constinit record unnoted{};

record* noted(record* made) noexcept {
  // relaxed: a setting
  return made == nullptr && checks_on.load(order::relaxed) ? &unnoted : made;
}

// Somebody else has put it: its object may be gone.
bool is_consumed(const record& of) noexcept {
  const hold_shard guard(shard_of(of));
  return of.consumed != 0;
}

enum class source : std::uint8_t { counted, another, handed_over };

// `released`: set when there is no such object any more.
record* note(type_entry& type, const void* object, kind as, const void* where, source from,
             bool& released) noexcept {
  const inside here;
  if (!here) {
    shard_of(object).miss();
    return nullptr;
  }
  type_book* const book = book_of(type);
  if (book == nullptr) miss();
  if (book == nullptr || !falls_in(*book, object)) return nullptr;  // asked again under the lock
  const circumstances at;
  shard& in = shard_of(object);
  record* made = nullptr;
  bool weak = false;
  {
    hold_shard guard(in);
    // Under the lock: else it may just have been let go of, and is not to be taken for dead.
    if (!falls_in(*book, object)) return nullptr;
    tracked_object* to = in.find(object);
    if (to == nullptr) {
      // Released, and not born again: who gets it is wrong, and it cannot be asked for its count.
      const std::uint32_t missed = in.missed.load(order::relaxed);  // relaxed: as below
      guard.unlock();
      if (is_dead(object, missed)) {
        released = true;
        if (from == source::handed_over) tell_adopted_dead(*book, object);
        return nullptr;
      }
      guard.lock();
      to = in.find(object);
    }
    if (!falls_in(*book, object)) return nullptr;
    if (to == nullptr) to = in.insert(*book, object, false, at);
    if (to == nullptr) {
      in.miss();
      return nullptr;
    }
    in.sweep(*to);
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
    made = in.add_record(*to, as, where, at);
    if (made == nullptr) {
      in.miss();
      return nullptr;
    }
    made->from_nothing = from_nothing;
    remember(*to, from == source::handed_over ? deed::adopted : deed::got, at, where);
  }
  book->gets.fetch_add(1, order::relaxed);  // relaxed: a statistic
  if (weak && checks_on.load(order::relaxed)) tell_weak_get(*book, object);
  return made;
}

}  // namespace

record* begin(type_entry& type, const void* object, kind as, const void* where) noexcept {
  bool released = false;
  return noted(note(type, object, as, where, source::counted, released));
}
record* begin_another(type_entry& type, const void* object, kind as, const void* where) noexcept {
  bool released = false;
  return noted(note(type, object, as, where, source::another, released));
}
bool adopt(type_entry& type, const void* object, kind as, const void* where,
           record*& made) noexcept {
  bool released = false;
  made = note(type, object, as, where, source::handed_over, released);
  if (!released) made = noted(made);
  return !released;
}

bool end(type_entry& type, const void* object, record* of) noexcept {
  const inside here;
  if (!here) {
    if (of != &unnoted) end_unseen(*of);
    return true;
  }
  type_book* const book = book_of(type);
  if (book == nullptr) return true;
  if (checks_on.load(order::relaxed) && !is_consumed(*of))  // relaxed: a setting
    check_put(*book, object);
  if (of == &unnoted) return true;

  const circumstances at;
  shard& in = shard_of(*of);
  bool consumed = false;
  bool robs = false;
  robbery told;
  {
    const hold_shard guard(in);
    if (tracked_object* const to = of->of) {
      in.sweep(*to);
      remember(*to, deed::put, at, of->where.load(order::relaxed));
      to->last_put_ns = at.when_ns;
      to->last_put_thread = at.thread;
      to->last_put_stack = at.stack;
      const bool from_nothing = of->from_nothing != 0;
      in.unlink(*of);
      if (from_nothing && to->whole && to->held != 0) {
        robs = to->robbed = true;
        told.adopter = {of->thread, of->stack, nullptr};
        for (const record* each = to->first; each != nullptr; each = each->next)
          told.add(each->thread, each->stack, each->tag);
      }
    } else {
      consumed = of->consumed != 0;
    }
    in.free_record(*of);
  }
  book->puts.fetch_add(1, order::relaxed);  // relaxed: a statistic
  if (robs) tell_robbery(*book, object, told, false);
  if (consumed) tell_robbed(*book, object);
  return !consumed;
}

void drop(record* of) noexcept {
  if (of == &unnoted) return;
  const inside here;
  if (!here) return end_unseen(*of);
  shard& in = shard_of(*of);
  const hold_shard guard(in);
  if (of->of != nullptr) in.unlink(*of);
  in.free_record(*of);
}

void move(record* of, const void* where) noexcept {
  if (of == &unnoted) return;
  of->where.store(where, order::relaxed);  // relaxed: for reports
}

// Of a signal handler that interrupted the ledger: where that has the lock, the record is let go of.
static void give_unseen(record& of) noexcept {
  shard& in = shard_of(of);
  if (!lock_soon(in.lock)) {
    in.miss();
    return end_unseen(of);
  }
  if (of.of == nullptr) {
    in.free_record(of);
  } else {
    of.where.store(nullptr, order::relaxed);  // relaxed: for reports
    of.as = static_cast<std::uint8_t>(kind::given);
  }
  in.lock.unlock();
}

void give(record* of) noexcept {
  if (of == &unnoted) return;
  const inside here;
  if (!here) return give_unseen(*of);
  const circumstances at;
  shard& in = shard_of(*of);
  const hold_shard guard(in);
  if (of->of == nullptr) return in.free_record(*of);
  remember(*of->of, deed::given, at, of->where.load(order::relaxed));
  of->where.store(nullptr, order::relaxed);  // relaxed: for reports
  of->as = static_cast<std::uint8_t>(kind::given);
  of->stack = at.stack;  // who gives it away is whom to ask
}

void declare_existence(record* of, bool on) noexcept {
  if (of == &unnoted) return;
  const inside here;
  if (!here) return miss();
  const hold_shard guard(shard_of(*of));
  of->as = static_cast<std::uint8_t>(on ? kind::existence : kind::external) & 15u;
}
void set_tag(record* of, const char* text) noexcept {
  if (of == &unnoted) return;
  const inside here;
  if (!here) return miss();
  const hold_shard guard(shard_of(*of));
  of->tag = text;
}
void set_owner(record* of, const void* owner) noexcept {
  if (of == &unnoted) return;
  const inside here;
  if (!here) return miss();
  const hold_shard guard(shard_of(*of));
  of->owner = owner;
}

void happened(type_entry& type, const void* object, event what) noexcept {
  const inside here;
  if (!here) return what == event::released ? release_unseen(object) : shard_of(object).miss();
  type_book* const book = book_of(type);
  const auto born_unnoticed = [object] {
    miss();
    forget_dead(object);  // who has died there is not to be taken for it
  };
  if (book == nullptr && what == event::born) born_unnoticed();
  // What is not wanted any more may still be on the books: its end takes it off.
  if (book == nullptr || (what != event::released && !falls_in(*book, object))) return;
  const circumstances at;
  shard& in = shard_of(object);
  dead_object gone{};
  bool robs = false;
  bool unnoticed = false;
  robbery told;
  {
    const hold_shard guard(in);
    tracked_object** link = in.link_to(object);
    tracked_object* of = link == nullptr ? nullptr : *link;
    switch (what) {
      case event::born:
        if (of != nullptr) in.remove(link, false);  // its end was missed
        if (falls_in(*book, object)) {
          of = in.insert(*book, object, true, at);
          if (of != nullptr) {
            remember(*of, deed::born, at);
          } else {
            unnoticed = true;
          }
        }
        break;
      case event::released:
        if (of == nullptr) return;
        in.sweep(*of);
        gone = {book,
                object,
                of->born_ns,
                at.when_ns,
                of->born_thread,
                at.thread,
                of->born_stack,
                at.stack,
                choice_in_force(),
                in.missed.load(order::relaxed)};  // relaxed: under the lock
        // What has just been chosen against is taken over unseen, and about to be let go of.
        if (of->whole && !of->robbed && of->held != 0 && falls_in(*book, object)) {
          robs = true;
          for (const record* each = of->first; each != nullptr; each = each->next)
            told.add(each->thread, each->stack, each->tag);
        }
        in.remove(link, true);
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
  if (unnoticed) born_unnoticed();
  switch (what) {  // relaxed: statistics
    case event::born: book->born.fetch_add(1, order::relaxed); break;
    case event::refused: book->refused.fetch_add(1, order::relaxed); break;
    case event::resurrected: book->resurrected.fetch_add(1, order::relaxed); break;
    case event::killed: book->killed.fetch_add(1, order::relaxed); break;
    case event::released:
      book->released.fetch_add(1, order::relaxed);
      if (!bury(gone)) miss();
      break;
    default: break;
  }
  if (robs) tell_robbery(*book, object, told, true);
}

}  // namespace lastout::ledger
