// subject.hpp - one thing that is measured: how to make it, and a loop that does nothing else.
//
// A subject is a struct with two members:
//
//   object   made once, or once for each thread when each has its own; on a thread that uses it
//   hand     made by each thread from an object; once() does the operation that is timed
//
// A subject whose once() does several operations says how many: `static constexpr unsigned batch`.
//
// Every subject runs in the same loop, not inlined, aligned, behind the same barrier for the
// compiler, with its hand and its object on cache lines of their own.

#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace bench {

/// No two things that are this far apart share a cache line, nor a pair that is fetched together.
inline constexpr std::size_t apart = 128;

enum class role : std::uint8_t { limit, ours, peer };

constexpr const char* name(role which) noexcept {
  switch (which) {
    case role::limit: return "limit";
    case role::ours: return "ours";
    case role::peer: return "peer";
  }
  return "unknown";
}

/// The compiler must have done everything that stands before, and knows nothing of memory after.
inline void barrier() noexcept { asm volatile("" ::: "memory"); }

/// What users of a reference do with it, for our purposes: they have the pointer.
template <class T>
void use(T* pointer) noexcept {
  asm volatile("" ::"r"(pointer) : "memory");
}

struct subject {
  std::string name;
  role who;
  bool shareable;      // two threads may use one object
  unsigned batch = 1;  // operations in one once()
  std::function<void*()> make_object;
  void (*free_object)(void*);
  void* (*make_hand)(void* object);
  void (*free_hand)(void*);
  void (*run)(void* hand, std::uint64_t times);
};

/// The subjects of one question, the limit first.
struct contest {
  std::string bench;
  std::vector<subject> subjects;
};

template <class T>
struct alignas(apart) padded {
  padded() = default;
  template <class... From>
  explicit padded(From&... from) : value(from...) {}
  T value;
};

template <class Subject>
[[gnu::noinline, gnu::aligned(64)]] void run(void* hand, std::uint64_t times) {
  auto& mine = static_cast<padded<typename Subject::hand>*>(hand)->value;
  for (; times != 0; --times) {
    mine.once();
    barrier();
  }
}

template <class Subject>
constexpr unsigned batch_of() noexcept {
  if constexpr (requires { Subject::batch; }) {
    return Subject::batch;
  } else {
    return 1;
  }
}

/// `parts`: what each object is made from, kept by the subject.
template <class Subject, class... Part>
subject describe(std::string name, role who, bool shareable = true, Part... parts) {
  using object = padded<typename Subject::object>;
  using hand = padded<typename Subject::hand>;
  return {
      .name = std::move(name),
      .who = who,
      .shareable = shareable,
      .batch = batch_of<Subject>(),
      .make_object = [... kept = std::move(parts)]() -> void* { return new object(kept...); },
      .free_object = [](void* it) { delete static_cast<object*>(it); },
      .make_hand = [](void* from) -> void* { return new hand(static_cast<object*>(from)->value); },
      .free_hand = [](void* it) { delete static_cast<hand*>(it); },
      .run = &run<Subject>};
}

/// The object of subjects that need none.
struct nothing {};

contest get_put();
contest get_not_zero();
contest idle_and_back();
contest birth_to_death();

}  // namespace bench
