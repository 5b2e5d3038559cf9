// dump_writer.cpp - shard after shard, each at one moment; names and stacks at the end, when it is
// known which ones were used. A reader takes the lines in any order but for `object` and what
// belongs to it.

#include "dump_writer.hpp"

#include <time.h>
#include <unistd.h>

#include <charconv>
#include <cstdint>
#include <map>
#include <string_view>
#include <vector>

#include <lastout/ledger.hpp>
#include <symbols/module.hpp>

#include "choice.hpp"
#include "graveyard.hpp"
#include "object_copies.hpp"
#include "object_table.hpp"
#include "clock.hpp"
#include "stack_book.hpp"
#include "start.hpp"
#include "thread_book.hpp"
#include "thread_state.hpp"
#include "type_book.hpp"

namespace lastout::ledger {
namespace {

class text {
 public:
  text& word(std::string_view what) {
    space();
    out_ += what;
    return *this;
  }
  text& number(std::uint64_t what, int base = 10) {
    space();
    if (base == 16) out_ += "0x";
    char digits[24];
    const auto [end, error] = std::to_chars(digits, digits + sizeof digits, what, base);
    out_.append(digits, end);
    return *this;
  }
  text& address(const void* what) { return number(reinterpret_cast<std::uintptr_t>(what), 16); }
  text& number_or_none(std::uint64_t what) { return what == 0 ? word("-") : number(what); }
  // Free text, last on its line.
  text& rest(std::string_view what) {
    space();
    for (const char each : what) {
      if (each == '\\') {
        out_ += "\\\\";
      } else if (each == '\n') {
        out_ += "\\n";
      } else {
        out_ += static_cast<unsigned char>(each) < 32 ? '?' : each;
      }
    }
    return *this;
  }
  void end() {
    out_ += '\n';
    fresh_ = true;
  }
  std::string& all() { return out_; }

 private:
  void space() {
    if (!fresh_) out_ += ' ';
    fresh_ = false;
  }
  std::string out_;
  bool fresh_ = true;
};

const char* word(kind which) {
  switch (which) {
    case kind::external: return "external";
    case kind::active: return "active";
    case kind::passive: return "passive";
    case kind::existence: return "existence";
    case kind::given: return "given";
  }
  return "external";
}

const char* word(deed which) {
  switch (which) {
    case deed::born: return "born";
    case deed::got: return "got";
    case deed::refused: return "refused";
    case deed::resurrected: return "resurrected";
    case deed::put: return "put";
    case deed::killed: return "killed";
    case deed::released: return "released";
    case deed::given: return "given";
    case deed::adopted: return "adopted";
  }
  return "got";
}

std::string program_path() {
  std::string out(4096, '\0');
  const ssize_t n = readlink("/proc/self/exe", out.data(), out.size());
  out.resize(n < 0 ? 0 : static_cast<std::size_t>(n));
  return out;
}

// The dynamic linker's lock, that it takes, is to be free in a child that is forked meanwhile.
std::vector<symbols::module> modules_now() {
  const inside here;
  const no_fork meanwhile;
  return symbols::modules_here();
}

void write_modules(text& out) {
  for (const symbols::module& each : modules_now()) {
    out.word("module").number(each.begin, 16).number(each.end, 16).number(each.offset, 16);
    out.word(each.build_id.empty() ? "-" : each.build_id).rest(each.path).end();
  }
}

class tags {
 public:
  std::uint64_t number(const char* of) {
    if (of == nullptr) return 0;
    return numbers_.try_emplace(of, numbers_.size() + 1).first->second;
  }
  void write(text& out) const {
    for (const auto& [name, number] : numbers_) out.word("tag").number(number).rest(name).end();
  }

 private:
  std::map<std::string_view, std::uint64_t> numbers_;
};

void write_types(text& out) {
  for (std::uint32_t i = 1; i <= types_known(); ++i) {
    const type_book& type = *type_numbered(i);
    const auto n = [](const atomic<std::uint64_t>& of) {
      return of.load(order::relaxed);  // relaxed: statistics
    };
    out.word("type").number(i).number(type.entry->size).number(share_of(type));
    out.rest(type.entry->name).end();
    out.word("count").number(i).number(n(type.born)).number(n(type.released)).number(n(type.gets));
    out.number(n(type.puts)).number(n(type.refused)).number(n(type.resurrected));
    out.number(n(type.killed)).end();
  }
}

}  // namespace

std::string write_dump() {
  text out;
  out.word("lastout-ledger").number(1).end();
  timespec real;
  clock_gettime(CLOCK_REALTIME, &real);
  out.word("process").number(static_cast<std::uint64_t>(getpid())).number(now_ns());
  out.number(static_cast<std::uint64_t>(real.tv_sec) * 1'000'000'000 +
             static_cast<std::uint64_t>(real.tv_nsec));
  out.rest(program_path()).end();
  if (const fork_seen fork = last_fork(); fork.parent != 0)
    out.word("forked").number(fork.parent).number(fork.when_ns).end();
  out.word("settings").rest(settings()).end();
  write_modules(out);

  tags named;
  std::vector<bool> stacks;
  const auto use_stack = [&](std::uint32_t number) {
    if (number >= stacks.size()) stacks.resize(number + 1024);
    stacks[number] = true;
    return number;
  };
  std::uint64_t objects = 0;
  std::uint64_t references = 0;
  shard_seen seen;
  for (std::size_t i = 0; i < shards; ++i) {
    look_at_shard(i, seen);
    for (const object_seen& each : seen.objects) {
      out.word("object").number(each.type->number).address(each.object);
      if (each.references == unknown_references) {
        out.word("-");
      } else {
        out.number(each.references);
      }
      out.word(each.state).word(each.whole ? "whole" : "part");
      out.number_or_none(each.born_ns).number_or_none(each.born_thread);
      out.number_or_none(use_stack(each.born_stack)).end();
      ++objects;
      for (std::uint32_t r = 0; r < each.held; ++r) {
        const reference_seen& held = seen.references[each.first_reference + r];
        out.word("ref").number_or_none(held.thread).number(held.since_ns);
        out.number_or_none(use_stack(held.stack)).number_or_none(named.number(held.tag));
        out.word(word(held.as)).address(held.where).address(held.owner).end();
        ++references;
      }
      for (std::uint32_t k = 0; k < each.kept; ++k)
        out.word("edge").address(each.object).address(seen.kept[each.first_kept + k]).end();
      for (std::uint32_t e = 0; e < each.events; ++e) {
        const happening& did = seen.events[each.first_event + e];
        out.word("did").number(did.when_ns).number_or_none(did.thread);
        out.number_or_none(use_stack(did.stack)).word(word(did.what)).address(did.where).end();
      }
    }
  }
  for (const dead_object& each : lately_dead()) {
    out.word("dead").number(each.type->number).address(each.object);
    out.number_or_none(each.born_ns).number_or_none(each.born_thread);
    out.number_or_none(use_stack(each.born_stack)).number(each.died_ns);
    out.number_or_none(each.died_thread).number_or_none(use_stack(each.died_stack)).end();
  }
  write_types(out);  // those too that turned up meanwhile
  named.write(out);
  thread_seen thread;
  for (std::uint32_t i = 1; look_at_thread(i, thread); ++i) {
    out.word("thread").number(i).number(thread.tid).word(thread.runs ? "runs" : "ended");
    out.rest(thread.name).end();
  }
  for (std::uint32_t i = 1; i < stacks.size(); ++i) {
    const call_stack* const stack = stacks[i] ? stack_numbered(i) : nullptr;
    if (stack == nullptr) continue;
    out.word("stack").number(i);
    for (std::uint32_t f = 0; f < stack->depth; ++f) out.address(stack->frames[f]);
    out.end();
  }
  if (const std::uint64_t missed = missed_so_far(); missed != 0)
    out.word("missed").number(missed).end();
  out.word("end").number(objects).number(references).end();
  return std::move(out.all());
}

}  // namespace lastout::ledger
