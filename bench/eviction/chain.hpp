// chain.hpp - queues through one array of links: a key is in at most one of them.

#pragma once

#include <cassert>
#include <vector>

#include "policy.hpp"

namespace eviction {

struct links {
  key prev = no_key;
  key next = no_key;
};

class chain {
 public:
  explicit chain(std::vector<links>& all) : all_(&all) {}

  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] bool empty() const { return size_ == 0; }
  /// The newest.
  [[nodiscard]] key front() const { return front_; }
  /// The oldest.
  [[nodiscard]] key back() const { return back_; }
  /// One step towards the front; no_key at the front itself.
  [[nodiscard]] key newer(key k) const { return (*all_)[k].prev; }

  void push_front(key k) {
    links& own = (*all_)[k];
    own.prev = no_key;
    own.next = front_;
    if (front_ == no_key) {
      back_ = k;
    } else {
      (*all_)[front_].prev = k;
    }
    front_ = k;
    ++size_;
  }

  /// Puts `k` right behind `place`, on its older side.
  void insert_behind(key place, key k) {
    links& own = (*all_)[k];
    own.prev = place;
    own.next = (*all_)[place].next;
    if (own.next == no_key) {
      back_ = k;
    } else {
      (*all_)[own.next].prev = k;
    }
    (*all_)[place].next = k;
    ++size_;
  }

  void remove(key k) {
    const links own = (*all_)[k];
    if (own.prev == no_key) {
      front_ = own.next;
    } else {
      (*all_)[own.prev].next = own.next;
    }
    if (own.next == no_key) {
      back_ = own.prev;
    } else {
      (*all_)[own.next].prev = own.prev;
    }
    --size_;
  }

  key pop_back() {
    const key k = back_;
    assert(k != no_key);
    remove(k);
    return k;
  }

  void move_to_front(key k) {
    if (k == front_) return;
    remove(k);
    push_front(k);
  }

 private:
  std::vector<links>* all_;
  key front_ = no_key;
  key back_ = no_key;
  std::size_t size_ = 0;
};

}  // namespace eviction
