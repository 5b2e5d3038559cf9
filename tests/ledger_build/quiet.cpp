// quiet.cpp - a program for ThreadSanitizer, linked to a ledger that was built without it: threads share,
// move and put what is tracked, while dumps are written. It is to be quiet.
//
// Usage: quiet [race]. With the word two threads write one int besides, and that is to be told.

#include <cstring>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include <lastout/external.hpp>
#include <lastout/internal.hpp>
#include <lastout/kref.hpp>
#include <lastout/ledger.hpp>

namespace {

struct shared : lastout::kref<shared> {
  explicit shared(int n) : number(n) {}
  int number;
};

int written_by_all = 0;

void use(std::mutex& lock, const lastout::external<shared>& first, bool race) {
  std::vector<lastout::external<shared>> held;
  for (int i = 0; i < 2000; ++i) {
    held.push_back(first);
    held.push_back(lastout::make<shared>(i));
    const lastout::external<shared> moved = std::move(held[held.size() / 2]);
    const lastout::internal<shared> weak(*first, lock);
    const std::lock_guard<std::mutex> guard(lock);
    if (i % 64 == 0) held.clear();
  }
  if (race) ++written_by_all;
}

}  // namespace

int main(int count, char** words) {
  const bool race = count > 1 && std::strcmp(words[1], "race") == 0;
  std::mutex lock;
  const auto first = lastout::make<shared>(0);
  std::vector<std::thread> all;
  for (int t = 0; t < 3; ++t) all.emplace_back(&use, std::ref(lock), std::cref(first), race);
  bool known = true;
  for (int i = 0; i < 5; ++i) known = known && !lastout::ledger::dump().empty();
  for (std::thread& each : all) each.join();
  return known && first->references() == 1 ? 0 : 1;
}
