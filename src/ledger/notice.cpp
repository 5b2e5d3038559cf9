// notice.cpp - a violation, and what the ledger knows about it.

#include "notice.hpp"

#include <cstdio>
#include <exception>
#include <string>

#include <lastout/ledger.hpp>

#include "frames.hpp"
#include "graveyard.hpp"
#include "grouping.hpp"
#include "object_copies.hpp"
#include "stack_book.hpp"
#include "thread_book.hpp"
#include "thread_state.hpp"

namespace lastout::ledger {
namespace {

// What the violation that this thread is telling of means, while it tells.
constinit thread_local const char* headline = nullptr;
constinit thread_local const robbery* robbed = nullptr;
struct lock_story {
  const void* lock;
  std::uint32_t held_since;
  std::uint32_t release_took;
};
constinit thread_local const lock_story* locks = nullptr;
constinit thread_local const dead_object* written_to = nullptr;

void tell(violation what, const char* type, const void* object, const char* operation,
          std::uint32_t references, const char* state, const char* meaning) noexcept {
  headline = meaning;
  const outside here;  // the handler may get and put
  lastout::report(what, {type, object}, operation, references, state);
  headline = nullptr;
}
void tell(violation what, const type_book& type, const void* object, const char* operation,
          const char* meaning, bool alive = true) noexcept {
  const type_entry& entry = *type.entry;
  tell(what, entry.name, object, operation, alive ? entry.references(object) : 0,
       alive ? entry.state(object) : "dead", meaning);
}

std::string holder_line(std::uint32_t thread, const char* tag) {
  std::string out = "held by " + thread_text(thread);
  if (tag != nullptr) out += ", tag \"" + std::string(tag) + "\"";
  return out;
}

// Ends a line, and adds those of the stack if there is one.
void add_stack(std::string& out, std::uint32_t stack) {
  const std::vector<std::string> lines = lines_of_stack(stack);
  out += lines.empty() ? "\n" : ", at\n";
  for (const std::string& line : lines) out += "       " + line + "\n";
}

// Who released it, and who had made it.
std::string end_of(const dead_object& gone) {
  std::string out = "  it was released by " + thread_text(gone.died_thread) + ", " +
                    ago_text(gone.died_ns) + " ago";
  add_stack(out, gone.died_stack);
  if (gone.born_ns != 0) {
    out += "  and born " + ago_text(gone.born_ns) + " ago, in " + thread_text(gone.born_thread);
    add_stack(out, gone.born_stack);
  }
  return out;
}

// What can be said without memory: the rest is for who asks once there is some.
std::string explained_or_not(const violation_report& report) noexcept {
  try {
    return explain(report);
  } catch (const std::exception&) {
    return {};
  }
}

void told(const violation_report& report) noexcept {
  const std::string more = explained_or_not(report);
  std::fprintf(stderr,
               "lastout: violation %s in %s of %s at %p: state %s, %lu external references\n%s",
               lastout::name(report.what), report.operation, report.who.type, report.who.object,
               report.state, static_cast<unsigned long>(report.references), more.c_str());
}

}  // namespace

void tell_robbery(const type_book& type, const void* object, const robbery& of,
                  bool released) noexcept {
  robbed = &of;
  tell(violation::put_of_anothers, type, object, released ? "release" : "put",
       released ? "the last put of this object leaves references behind that were never put: an "
                  "earlier or this put was one too many, and took one of these"
                : "this reference was adopted though nobody had given one away; its put takes one "
                  "of these");
  robbed = nullptr;
}
void tell_robbed(const type_book& type, const void* object) noexcept {
  tell(violation::put_of_anothers, type, object, "put",
       "this reference was taken by somebody's put too many; the object is gone, and is not put "
       "again",
       false);
}
void tell_adopted_dead(const type_book& type, const void* object) noexcept {
  tell(violation::adopt_once_dead, type, object, "adopt",
       "it has been released, so this reference was put before, or never was one; the handle is "
       "empty",
       false);
}
void tell_weak_get(const type_book& type, const void* object) noexcept {
  tell(violation::got_without_reference, type, object, "get",
       "nobody had an external reference to get from: from an internal one only get_not_zero is "
       "allowed");
}
void tell_put_under_lock(const type_book& type, const void* object, const void* lock,
                         std::uint32_t held_since, std::uint32_t release_took) noexcept {
  const lock_story story{lock, held_since, release_took};
  locks = &story;
  tell(violation::put_under_its_lock, type, object, "put",
       "were it the last put, it would wait for a lock that this thread holds");
  locks = nullptr;
}
void tell_lock_dies(const type_book& type, const void* object, const void* lock,
                    std::uint32_t held_since) noexcept {
  const lock_story story{lock, held_since, 0};
  locks = &story;
  tell(violation::put_under_its_lock, type, object, "release",
       "this thread holds a lock that lies in the object, and will unlock freed memory");
  locks = nullptr;
}
void tell_put_may_block(const type_book& type, const void* object, const char* why) noexcept {
  tell(violation::put_may_block, type, object, "put", why);
}
void tell_used_once_freed(const char* type, const void* object, std::size_t offset,
                          const dead_object* stood) noexcept {
  char text[96];
  std::snprintf(text, sizeof text, "byte %zu of it was written to after it had been freed", offset);
  written_to = stood;
  tell(violation::used_once_freed, type, object, "look at freed memory", 0, "freed", text);
  written_to = nullptr;
}

std::string explain(const violation_report& report) {
  std::string out;
  if (headline != nullptr) out += std::string("  ") + headline + "\n";
  // A signal handler's, which interrupted the ledger: what follows would wait for it.
  if (this_thread_state.inside) return out;
  // Who wrote to what was freed has gone: this thread has only looked.
  out += report.what == violation::used_once_freed ? "  found by " : "  by ";
  out += thread_text(this_thread_number()) + ", at\n";
  for (const std::string& line : lines_of(report.stack, report.stack_depth))
    out += "       " + line + "\n";
  if (locks != nullptr) {
    out += "  the lock at " + address_text(locks->lock) + " was taken by this thread";
    add_stack(out, locks->held_since);
    if (locks->release_took != 0) {
      const bool declared = (locks->release_took & release_locks::declared) != 0;
      out += declared ? "  and release is declared to take it" : "  and release took it";
      add_stack(out, locks->release_took & ~release_locks::declared);
    }
  }
  if (robbed != nullptr) {
    if (robbed->adopter.thread != 0) {
      out += "  adopted by " + thread_text(robbed->adopter.thread);
      add_stack(out, robbed->adopter.stack);
    }
    for (std::size_t i = 0; i < robbed->size && i < robbery::most; ++i) {
      out += "  " + holder_line(robbed->holders[i].thread, robbed->holders[i].tag);
      add_stack(out, robbed->holders[i].stack);
    }
    if (robbed->size > robbery::most)
      out += "  and " + std::to_string(robbed->size - robbery::most) + " more\n";
    return out;
  }
  return out + (written_to != nullptr ? end_of(*written_to) : about(report.who.object));
}

std::string about(const void* object) {
  std::string out;
  if (this_thread_state.inside) return out;  // as above
  shard_seen seen;
  if (look_at(object, seen)) {
    const object_seen& it = seen.objects.front();
    out += it.held == 0 ? "  nobody holds it" : "  " + counted(it.held, "reference") + " to it";
    out += it.whole ? "\n" : ", and what was taken before the ledger looked\n";
    out += text_of_groups(group_references(seen), 5);
    if (it.last_put_ns != 0) {
      out += "  the last that was put was put " + ago_text(it.last_put_ns) + " ago by " +
             thread_text(it.last_put_thread);
      add_stack(out, it.last_put_stack);
    }
    return out;
  }
  dead_object gone;
  return find_dead(object, gone) ? end_of(gone) : out;
}

void explain_violations() noexcept {
  const violation_handler before = on_violation(&told);
  if (before != &report_and_leak) on_violation(before);
}

}  // namespace lastout::ledger
