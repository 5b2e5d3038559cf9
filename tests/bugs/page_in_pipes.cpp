// page_in_pipes.cpp - CVE-2019-11487: as many references to one page as somebody cares to ask for.
//
// Linux before 5.1: each duplicate that tee() makes of a pipe's buffer gets its page, and nothing
// limits how many; with 140 GiB of memory for the buffers the page's count of 32 bits wraps, and the
// page is freed under its users. Since then such gets may fail (try_get_page). Rule 55.
//
// Lastout's count saturates instead: the page leaks. A page that is to go with its last reference
// (here it is truncated: kill_on_put) saturates at 131,072, which can be shown in a second.
//
// says: ^lastout: violation get_overflow in get of pipes::page at 0x[0-9a-f]+: state
// stack: guilty_tee
// says: ^  131072 references to it$
// says: ^  13[01][0-9]{3}  held by thread
// stack: guilty_tee

#include <cstddef>
#include <vector>

#include <lastout/kcref.hpp>

#include "reproduction.hpp"

namespace pipes {

using lastout::external;

/// The page cache has one reference of its own, and asks for the page back with reclaim().
struct page : lastout::kcref<page> {
  static lastout::fate idle(const idle_proof& /*unused*/) noexcept { return lastout::fate::kill; }
};

using pipe = std::vector<external<page>>;

[[gnu::noinline]] static void guilty_tee(const pipe& from, pipe& into) {
  into.push_back(from.front());  // the bug: as often as it is called
}

/// A pipe has so many buffers; who wants more is told so.
static bool tee(const pipe& from, pipe& into) {
  constexpr std::size_t buffers_max = 1024;
  if (into.size() == buffers_max) return false;
  into.push_back(from.front());
  return true;
}

}  // namespace pipes

int main(int count, char** words) {
  const bool broken = bugs::asked(count, words) == bugs::variant::broken;
  pipes::pipe source;
  source.push_back(lastout::make<pipes::page>());
  source.front().kill_on_put();  // the file was truncated
  pipes::pipe copies;
  constexpr int wanted = 131'100;
  for (int i = 0; i < wanted; ++i) {
    if (broken) {
      guilty_tee(source, copies);
    } else if (!pipes::tee(source, copies)) {
      break;
    }
  }
  return 0;
}
