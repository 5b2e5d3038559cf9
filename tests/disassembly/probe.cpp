// probe.cpp - the three operations of a kref, and the two that external_word has, each alone in a
// function, for check.cpp to look at.
//
// With BROKEN it is the twin that check must reject: the get is a compare-exchange loop,
// get_not_zero looks before it adds, and the put calls a function on its way.

#include <atomic>
#include <mutex>

#include <lastout/external.hpp>
#include <lastout/external_word.hpp>
#include <lastout/internal.hpp>
#include <lastout/kref.hpp>

namespace {

struct widget : lastout::kref<widget> {
  int value = 0;
};
struct handed_on : lastout::kref<handed_on, lastout::external_word> {
  int value = 0;
};
using domain = std::mutex;
using proof = std::unique_lock<domain>;

}  // namespace

extern "C" {

[[gnu::noinline]] void* probe_external_word_get(handed_on& borrowed) noexcept {
  return lastout::external<handed_on>::get(borrowed).leak();
}

[[gnu::noinline]] void probe_external_word_put(handed_on& counted) noexcept {
  const auto gone = lastout::external<handed_on>::adopt(&counted);
}

#ifndef BROKEN

[[gnu::noinline]] void* probe_get(widget& borrowed) noexcept {
  return lastout::external<widget>::get(borrowed).leak();
}

[[gnu::noinline]] void* probe_get_not_zero(widget& listed, const domain& d,
                                           const proof& held) noexcept {
  return lastout::internal<widget, domain>(listed, d).get_not_zero(held).leak();
}

[[gnu::noinline]] void probe_put(widget& counted) noexcept {
  const auto gone = lastout::external<widget>::adopt(&counted);
}

#else

[[gnu::noinline]] void* probe_get(std::atomic<unsigned>& count) noexcept {
  unsigned seen = count.load(std::memory_order_relaxed);
  while (!count.compare_exchange_weak(seen, seen + 1, std::memory_order_relaxed)) {
  }
  return &count;
}

void told(const char* type) noexcept;

[[gnu::noinline]] void* probe_get_not_zero(std::atomic<unsigned>& count) noexcept {
  if (count.load(std::memory_order_relaxed) == 0) [[unlikely]]
    return nullptr;
  if (count.fetch_add(1, std::memory_order_acquire) == 0) [[unlikely]]
    told("refused");
  return &count;
}

[[gnu::noinline]] void probe_put(std::atomic<unsigned>& count) noexcept {
  told(lastout::type_name<widget>());
  if (count.fetch_sub(1, std::memory_order_release) == 1) told("last");
}

#endif
}
