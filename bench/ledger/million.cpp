// million.cpp - resident pages before and after, as the system counts them.

#include "million.hpp"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <stdexcept>
#include <vector>

#include <nlohmann/json.hpp>

#include <lastout/external.hpp>
#include <lastout/kref.hpp>

#if LASTOUT_LEDGER
#include <lastout/ledger.hpp>
#endif

#include "../subject.hpp"

namespace bench {
namespace {

struct held : lastout::kref<held> {
  std::byte payload[56];
};
using reference = lastout::external<held>;

constexpr std::uint64_t few = 1000;

std::uint64_t resident_now() {
  std::ifstream file("/proc/self/statm");
  std::uint64_t mapped = 0;
  std::uint64_t resident = 0;
  file >> mapped >> resident;
  return resident * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

// As many stacks as there are numbers of so many bits: a program has its references from more
// places than one.
constexpr unsigned stack_bits = 10;
[[gnu::noinline]] void take_from(unsigned bits, std::uint64_t way, reference& into, held& object);
[[gnu::noinline]] void take_left(unsigned bits, std::uint64_t way, reference& into, held& object) {
  take_from(bits, way, into, object);
  barrier();  // so that this is no jump
}
[[gnu::noinline]] void take_right(unsigned bits, std::uint64_t way, reference& into, held& object) {
  take_from(bits, way, into, object);
  barrier();
}
void take_from(unsigned bits, std::uint64_t way, reference& into, held& object) {
  if (bits == 0) {
    into = reference::get(object);
  } else if ((way & 1) == 0) {
    take_left(bits - 1, way >> 1, into, object);
  } else {
    take_right(bits - 1, way >> 1, into, object);
  }
  barrier();
}

std::vector<reference> make_objects(std::uint64_t count) {
  std::vector<reference> out(count);  // written to: their pages are there
  for (reference& each : out) each = lastout::make<held>();
  return out;
}

void refer_to(const std::vector<reference>& objects, std::vector<reference>& all) {
  for (std::size_t i = 0; i < all.size(); ++i) {
    take_from(stack_bits, i, all[i], *objects[i % objects.size()]);
  }
}

double each_of(std::uint64_t before, std::uint64_t count) {
  return static_cast<double>(resident_now() - before) / static_cast<double>(count);
}

#if LASTOUT_LEDGER
double seconds(const auto& doing) {
  const auto begin = std::chrono::steady_clock::now();
  doing();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

double middle_of_three(const auto& measure) {
  std::vector<double> all = {measure(), measure(), measure()};
  std::sort(all.begin(), all.end());
  return all[1];
}

nlohmann::ordered_json dump_now(const std::string& folder) {
  std::string text;
  const double to_memory =
      middle_of_three([&] { return seconds([&] { text = lastout::ledger::dump(); }); });
  const std::string path = folder + "/lastout-" + std::to_string(getpid()) + ".dump";
  std::string wrong;
  const double to_file =
      middle_of_three([&] { return seconds([&] { wrong = lastout::ledger::dump_to(path); }); });
  unlink(path.c_str());
  if (!wrong.empty()) throw std::runtime_error(path + ": " + wrong);

  const std::string last = text.substr(text.rfind('\n', text.size() - 2) + 1);
  if (!last.starts_with("end ")) throw std::runtime_error("the dump has no end");
  char* rest = nullptr;
  const std::uint64_t objects = std::strtoull(last.c_str() + 4, &rest, 10);
  return {{"objects", objects},
          {"references", std::strtoull(rest, nullptr, 10)},
          {"bytes", text.size()},
          {"to_memory_s", to_memory},
          {"to_file_s", to_file}};
}
#endif

}  // namespace

nlohmann::ordered_json weigh_references(std::uint64_t references) {
  const std::vector<reference> objects = make_objects(few);
  std::vector<reference> all(references);
  const std::uint64_t before = resident_now();
  refer_to(objects, all);
  return {{"what", "a reference"},
          {"handle", sizeof(reference)},
          {"bytes", each_of(before, references)}};
}

nlohmann::ordered_json weigh_objects(std::uint64_t count) {
  std::vector<reference> all(count);
  const std::uint64_t before = resident_now();
  for (reference& each : all) each = lastout::make<held>();
  return {{"what", "an object of 64 bytes, with its first reference"},
          {"handle", sizeof(reference)},
          {"bytes", each_of(before, count)}};
}

nlohmann::ordered_json time_dumps([[maybe_unused]] std::uint64_t references,
                                  [[maybe_unused]] bool to_few_objects,
                                  [[maybe_unused]] const std::string& folder) {
#if LASTOUT_LEDGER
  if (!to_few_objects) {
    const std::vector<reference> all = make_objects(references);
    return dump_now(folder);
  }
  const std::vector<reference> objects = make_objects(few);
  std::vector<reference> all(references - few);
  refer_to(objects, all);
  return dump_now(folder);
#else
  throw std::runtime_error("this worker has no ledger to dump");
#endif
}

}  // namespace bench
