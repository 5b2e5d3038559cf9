// dump_file.cpp - arbitrary bytes as a dump of a ledger: a clear error, or a dump that every
// question can be asked of.
//
// Input: bytes of a dump; after a line "====", those of a second one, which diff and the page compare
// with the first one. What is read is also checked against itself: what the dump promises at its
// end, indices within bounds, who keeps whom both ways.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <ledger/dump_reader.hpp>
#include <ledger/growth.hpp>
#include <ledger/holders.hpp>
#include <ledger/page.hpp>
#include <ledger/type_counters.hpp>
#include <ledger/dump_client.hpp>
#include <ledger/why.hpp>

#include "expect.hpp"

namespace {

using namespace lastout::ledger_reader;
using fuzz::check;
using fuzz::same;

bool in_bounds(std::uint32_t index, std::size_t size) { return index == none || index < size; }

// Whoever asks a dump relies on these without looking.
void check_indices(const dump& of) {
  for (const object& each : of.objects) {
    check(each.type < of.types.size(), "an object's type is one of the dump's");
    check(in_bounds(each.born_thread, of.threads.size()), "thread of birth");
    check(in_bounds(each.born_stack, of.stacks.size()), "stack of birth");
    for (const reference& held : each.held) {
      check(in_bounds(held.thread, of.threads.size()), "thread of a reference");
      check(in_bounds(held.stack, of.stacks.size()), "stack of a reference");
      check(in_bounds(held.tag, of.tags.size()), "tag of a reference");
    }
    for (const happening& did : each.history) {
      check(in_bounds(did.thread, of.threads.size()), "thread of an event");
      check(in_bounds(did.stack, of.stacks.size()), "stack of an event");
    }
  }
  for (const dead_object& each : of.dead) {
    check(each.type < of.types.size(), "a dead object's type is one of the dump's");
    check(in_bounds(each.born_thread, of.threads.size()), "thread of a dead one's birth");
    check(in_bounds(each.died_thread, of.threads.size()), "thread of its end");
    check(in_bounds(each.born_stack, of.stacks.size()), "stack of a dead one's birth");
    check(in_bounds(each.died_stack, of.stacks.size()), "stack of its end");
  }
}

void ask_holders(const dump& of) {
  const holders who(of);
  std::uint64_t objects = 0;
  std::uint64_t held = 0;
  for (const type_holders& each : who.types()) {
    std::uint64_t in_groups = 0;
    for (const auto* groups : {&each.groups, &each.existence_groups}) {
      for (const holder_group* one : *groups) {
        in_groups += one->count;
        (void)who.stack(one->key);
        (void)who.tag(one->key);
      }
    }
    same(in_groups, each.held, "a type's groups add up to what is held");
    objects += each.objects;
    held += each.held;
    (void)who.remarks(each);
  }
  std::uint64_t noted = 0;
  for (const object& each : of.objects) noted += each.held.size();
  same(objects, of.objects.size(), "each object is counted under its type");
  same(held, noted, "each reference is counted under its type");
}

void ask_why(const dump& of) {
  const why asked(of);
  const keepers& who = asked.who();
  std::size_t edges = 0;
  for (std::uint32_t i = 0; i < of.objects.size(); ++i) {
    for (const keeping& each : who.kept_by(i)) {
      ++edges;
      same(each.from, i, "an edge begins where it is listed");
      check(each.to < of.objects.size(), "an edge ends at an object");
      same(asked.between(each.from, each.to).to, each.to, "what one has of another");
    }
    std::uint64_t inside = 0;
    for (const hold& each : asked.holds(i)) {
      check(each.from < of.objects.size() && each.to == i, "a holder is an object");
      inside += each.by.size();
    }
    const std::size_t outside = asked.from_outside(i).size();
    same(outside, who.outside(i), "references from outside");
    same(inside + outside, of.objects[i].held.size(), "each reference has one holder, or none");
    const std::vector<std::uint32_t> chain = asked.chain(i);
    check(!chain.empty() && chain.front() == i, "a chain begins at its object");
    check(chain.size() <= of.objects.size(), "a chain meets no object twice");
  }
  same(edges, who.edges().size(), "each edge is kept by somebody");
  for (const cycle& each : who.cycles()) {
    check(!each.path.empty() && each.path.size() <= each.size, "a cycle's path is on the cycle");
    for (std::size_t i = 0; i < each.path.size(); ++i) {
      const hold step = asked.between(each.path[i], each.path[(i + 1) % each.path.size()]);
      check(step.declared || !step.by.empty(), "each object on a cycle has something of the next");
    }
  }
  (void)asked.shapes();
  std::uint64_t objects = 0;
  for (const type_share& each : asked.types()) objects += each.objects;
  same(objects, of.objects.size(), "types share all objects");
}

void ask_both(const dump& before, const dump& after) {
  const growth grown(before, after);
  for (const type_growth& each : grown.types()) (void)each.name.size();
  for (const holder_growth& each : grown.holders()) {
    (void)grown.type_name(each.key);
    (void)grown.tag(each.key);
    const growth::stack_in where = grown.stack(each.key);
    check(where.dump < 2, "a stack is in one of the two");
  }
  (void)grown.remarks();
}

// A page of dumps: data in it, never markup.
void make_page(const std::vector<dump>& all) {
  const std::string text = page(all, [](const dump&, std::uint64_t address) {
    return address % 3 == 0 ? std::vector<std::string>{}
                            : std::vector<std::string>{"f<" + std::to_string(address) + ">"};
  });
  check(text.find("</script><") == text.rfind("</script><") || !text.empty(), "a page is made");
}

void ask(std::string_view text, std::vector<dump>& read) {
  dump got;
  try {
    got = read_dump(text, "fuzzed");
  } catch (const bad_dump& is) {
    const std::string_view what = is.what();
    check(what.starts_with("'fuzzed'"), "an error names the file");
    for (const char each : what) {
      const auto byte = static_cast<unsigned char>(each);
      check(byte >= 32 && byte != 127, "an error is one line of text, without control characters");
    }
    return;
  }
  check_indices(got);
  ask_holders(got);
  ask_why(got);
  read.push_back(std::move(got));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view all(reinterpret_cast<const char*>(data), size);
  constexpr std::string_view between = "\n====\n";
  const std::size_t cut = all.find(between);
  std::vector<dump> read;
  // From the heap, so that a byte beyond its end is seen.
  const std::string first(all.substr(0, cut == std::string_view::npos ? cut : cut + 1));
  ask(first, read);
  if (cut != std::string_view::npos) {
    const std::string second(all.substr(cut + between.size()));
    ask(second, read);
  }
  if (!read.empty()) {
    ask_both(read.front(), read.back());
    make_page(read);
    for (const dump& each : read) {
      for (std::size_t i = 0; i < each.objects.size() && i < 4; ++i) {
        dump one = each;
        check(keep_only_object(one, each.objects[i].address), "an object is found by its address");
        dump same_type = each;
        const std::string name = each.types[each.objects[i].type].name;
        if (!name.empty()) check(keep_only_type(same_type, name), "a type is found by its name");
      }
    }
  }
  try {
    (void)read_counters(all);
  } catch (const no_answer&) {
  }
  return 0;
}
