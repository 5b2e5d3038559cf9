// cache_of_a_map.hpp - a cache in the simplest way: a map under one lock, right, or broken on
// purpose.
//
// What the tests of the cache are tested by.

#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include <lastout/external.hpp>

namespace stress {

/// What the broken one does.
enum class wrongly {
  not_at_all,
  evicts_who_is_in_use,  // without a look at the count
  looks_then_inserts,    // and somebody else does in between
  erases_then_inserts,   // to replace
};

/// T has `name`. It dies with its last reference, of which the map has one.
template <class T, wrongly Does>
class cache_of_a_map {
  using external = lastout::external<T>;
  static constexpr std::size_t room = 2;

 public:
  [[nodiscard]] external get(std::uint64_t name) {
    const std::lock_guard guard(lock_);
    const auto at = names_.find(name);
    return at == names_.end() ? external() : at->second;
  }

  [[nodiscard]] external insert(external made) {
    if (Does == wrongly::looks_then_inserts) {
      if (external there = get(made->name)) return there;
      std::this_thread::yield();
    }
    std::vector<external> gone;
    const std::lock_guard guard(lock_);
    if (Does == wrongly::looks_then_inserts) take_out(made->name, gone);
    const auto [at, fresh] = names_.emplace(made->name, made);
    if (!fresh) return at->second;
    make_room(gone, room);
    return made;
  }

  external replace(external made) {
    if (Does == wrongly::erases_then_inserts) {
      erase(made->name);
      std::this_thread::yield();
    }
    std::vector<external> gone;
    const std::lock_guard guard(lock_);
    take_out(made->name, gone);
    names_.emplace(made->name, made);
    make_room(gone, room);
    return made;
  }

  bool erase(std::uint64_t name) {
    std::vector<external> gone;
    const std::lock_guard guard(lock_);
    return take_out(name, gone);
  }
  bool erase(T& object) {
    std::vector<external> gone;
    const std::lock_guard guard(lock_);
    const auto at = names_.find(object.name);
    return at != names_.end() && at->second == &object && take_out(object.name, gone);
  }

  template <class Create>
  [[nodiscard]] external get_or_create(std::uint64_t name, Create&& create) {
    if (external there = get(name)) return there;
    return insert(create());
  }

  std::uint64_t shrink(std::uint64_t charge) {
    std::vector<external> gone;
    const std::lock_guard guard(lock_);
    const auto leave = static_cast<std::size_t>(std::min<std::uint64_t>(charge, names_.size()));
    make_room(gone, names_.size() - leave);
    return gone.size();
  }

 private:
  // What leaves is put when the lock is free: `gone` was there before the guard.
  bool take_out(std::uint64_t name, std::vector<external>& gone) {
    const auto at = names_.find(name);
    if (at == names_.end()) return false;
    gone.push_back(std::move(at->second));
    names_.erase(at);
    return true;
  }
  void make_room(std::vector<external>& gone, std::size_t most) {
    for (auto at = names_.begin(); at != names_.end() && names_.size() > most;) {
      // Who has no other one gets none while we have the lock.
      const bool idle = at->second->references() == 1;
      if (!idle && Does != wrongly::evicts_who_is_in_use) {
        ++at;
        continue;
      }
      gone.push_back(std::move(at->second));
      at = names_.erase(at);
    }
  }

  std::mutex lock_;
  std::map<std::uint64_t, external> names_;
};

}  // namespace stress
