// object_copies.cpp - copies in two turns: how much room it takes is known under the lock only.

#include "object_copies.hpp"

#include <algorithm>

#include "thread_state.hpp"

namespace lastout::ledger {
namespace {

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

}  // namespace

void look_at_shard(std::size_t which, shard_seen& out) {
  shard& in = table[which];
  for (room wanted;;) {
    wanted.make(out);
    const inside here;
    const hold_shard guard(in);
    wanted = {};
    for (std::size_t i = 0; i < in.room; ++i) {
      for (tracked_object* each = in.buckets[i]; each != nullptr; each = each->next) {
        in.sweep(*each);
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
  shard& in = shard_of(object);
  for (room wanted;;) {
    wanted.make(out);
    const inside here;
    const hold_shard guard(in);
    tracked_object* const of = in.find(object);
    if (of == nullptr) return false;
    in.sweep(*of);
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
    const hold_shard guard(each);
    for (std::size_t i = 0; i < each.room; ++i) {
      for (tracked_object* of = each.buckets[i]; of != nullptr; of = of->next) {
        each.sweep(*of);
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

}  // namespace lastout::ledger
