// memory.cpp - resident pages before and after, from the system; Java's heap from Java.

#include "memory.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <fstream>

#include "../table/keys.hpp"

namespace bench {
namespace {

double resident_now() {
  std::ifstream file("/proc/self/statm");
  std::uint64_t mapped = 0;
  std::uint64_t resident = 0;
  file >> mapped >> resident;
  return static_cast<double>(resident) * static_cast<double>(sysconf(_SC_PAGESIZE));
}

// They are all there: a look-up that finds nothing ends the process.
void look_for_all(const contender& of, const any_table& table, std::uint64_t entries) {
  const subject find = of.reading(of, table, uniform(entries)).front();
  void* const object = find.make_object();
  void* const hand = find.make_hand(object);
  find.run(hand, entries);
  find.free_hand(hand);
  find.free_object(object);
}

double in_a_process_of_its_own(const cache_contender& of, std::uint64_t entries) {
  std::array<int, 2> ends{};
  if (pipe(ends.data()) != 0) std::abort();
  const pid_t child = fork();
  if (child == 0) {
    double found = -1;
    try {
      found = of.bytes_for_entry(of, entries);
    } catch (const std::exception& failed) {
      std::fprintf(stderr, "%s\n", failed.what());
    }
    const bool told = write(ends[1], &found, sizeof found) == sizeof found;
    _exit(told ? 0 : 1);
  }
  close(ends[1]);
  double out = -1;
  const bool told = child > 0 && read(ends[0], &out, sizeof out) == sizeof out && out > 0;
  close(ends[0]);
  int status = 0;
  if (child > 0) waitpid(child, &status, 0);
  if (!told) {
    std::fprintf(stderr, "%s: its memory could not be measured\n", of.table.name.c_str());
    std::exit(1);
  }
  return out;
}

}  // namespace

double resident_bytes(const cache_contender& of, std::uint64_t entries) {
  const double before = resident_now();
  const any_table table = of.table.make(entries);
  of.table.fill(table.get(), 0, entries);
  const double after = resident_now();
  look_for_all(of.table, table, entries);
  return (after - before) / static_cast<double>(entries);
}

std::vector<memory_row> measure_memory(const std::vector<cache_contender>& who,
                                       std::uint64_t entries) {
  std::vector<memory_row> out;
  for (const cache_contender& each : who) {
    out.push_back({.subject = each.table.name,
                   .who = each.table.who,
                   .bytes_for_entry = in_a_process_of_its_own(each, entries),
                   .own_bytes = each.own_bytes});
  }
  return out;
}

void print(const std::vector<memory_row>& all) {
  if (all.empty()) return;
  std::printf("\n%-36s %-6s %9s %17s %26s\n", "memory: bytes for an entry", "", "all",
              "beyond the object", "beyond what the user put in");
  for (const memory_row& each : all) {
    std::printf("%-36s %-6s %9.1f %17.1f %26.1f\n", each.subject.c_str(), name(each.who),
                each.bytes_for_entry, each.beyond_object(), each.beyond_own());
  }
}

}  // namespace bench
