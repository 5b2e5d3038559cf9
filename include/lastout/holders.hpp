// holders.hpp - who holds each active reference of one object, for the few objects where it is
// worth a lock.
//
// drain() that comes to its deadline must say who is still holding. named_holders can; it costs a
// lock and an allocation for each reference. unnamed_holders costs nothing and says nothing.

#pragma once

#include <chrono>
#include <mutex>
#include <new>
#include <thread>
#include <type_traits>
#include <utility>

#include <lastout/config.hpp>

namespace lastout {
inline namespace LASTOUT_ABI {

/// One reference's holder.
struct holder {
  const char* name;                             // as the holder gave it; static text
  std::thread::id thread;                       // who took it
  std::chrono::steady_clock::time_point since;  // when
};

class unnamed_holders {
 public:
  struct entry {};
  static entry add(const char*) noexcept { return {}; }
  static void remove(entry&) noexcept {}
  template <class Visit>
  void for_each(Visit) const noexcept {}
};

class named_holders {
  struct record {
    holder who;
    record* next = nullptr;
    record** back = nullptr;
  };

 public:
  /// A reference's place in the list; it moves with the reference.
  class entry {
   public:
    constexpr entry() noexcept = default;
    entry(entry&& other) noexcept : record_(std::exchange(other.record_, nullptr)) {}
    entry& operator=(entry&& other) noexcept {
      std::swap(record_, other.record_);
      return *this;
    }

   private:
    friend class named_holders;
    record* record_ = nullptr;  // nullptr too when there was no memory to name it
  };

  named_holders() noexcept = default;
  named_holders(const named_holders&) = delete;
  named_holders& operator=(const named_holders&) = delete;
  ~named_holders() {
    while (first_ != nullptr) delete std::exchange(first_, first_->next);
  }

  entry add(const char* name) noexcept {
    entry added;
    added.record_ = new (std::nothrow)
        record{{name, std::this_thread::get_id(), std::chrono::steady_clock::now()}};
    if (added.record_ == nullptr) return added;
    const std::lock_guard<std::mutex> guard(lock_);
    link(*added.record_);
    return added;
  }

  void remove(entry& gone) noexcept {
    record* const out = std::exchange(gone.record_, nullptr);
    if (out == nullptr) return;
    {
      const std::lock_guard<std::mutex> guard(lock_);
      *out->back = out->next;
      if (out->next != nullptr) out->next->back = out->back;
    }
    delete out;
  }

  template <class Visit>
  void for_each(Visit visit) const {
    const std::lock_guard<std::mutex> guard(lock_);
    for (const record* each = first_; each != nullptr; each = each->next) visit(each->who);
  }

 private:
  void link(record& in) noexcept {
    in.next = first_;
    in.back = &first_;
    if (first_ != nullptr) first_->back = &in.next;
    first_ = &in;
  }

  mutable std::mutex lock_;
  record* first_ = nullptr;
};

using default_holders = std::conditional_t<checked_build, named_holders, unnamed_holders>;

}  // namespace LASTOUT_ABI
}  // namespace lastout
