// contender.hpp - a table that takes part, and what is done with it.
//
// A table is a class with
//
//   Table(expected)        how many entries it is to have; 0: nobody knows, it grows by itself
//   bool look_up(id)       find, get, use_as, put; false when there is none
//   void insert(id)        makes an object and enters it
//
// and, where it has them,
//
//   void erase(id)         takes the object off; it is freed once nobody holds it
//   static void join()     on each thread, before it uses any such table
//   static void prepare()  once, before the threads are bound to their processors
//   look_up_many<n>(ids)   n look-ups at once; `batches` says for which n, `name_many` its name
//   static constexpr bool fixed = true       nothing is erased, nothing is entered while others look
//   static constexpr bool grows = false      it must be told how many entries it is to have
//   static constexpr bool owned = false      it does not free what is still in it when it goes

#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "../subject.hpp"
#include "histogram.hpp"
#include "keys.hpp"
#include "ticks.hpp"

namespace bench {

/// How far the thread that inserts has come: objects 0 .. inserted are there.
struct progress {
  std::uint64_t objects;
  std::atomic<bool> reader_there{false};
  alignas(apart) std::atomic<std::uint64_t> inserted{0};
};

using any_table = std::shared_ptr<void>;
using some_keys = std::shared_ptr<const keys>;

struct contender {
  std::string name;
  role who;
  bool grows;
  void (*prepare)();
  any_table (*make)(std::size_t expected);
  /// Enters the objects from first to last.
  void (*fill)(void* table, std::uint64_t first, std::uint64_t last);
  /// Look-ups only: one by one; then several at once, where the table can.
  std::vector<subject> (*reading)(const contender&, const any_table&, const some_keys&);
  /// 38 look-ups of 40; the other two take one object of the thread's own off and enter it again.
  subject (*churning)(const contender&, const any_table&, const some_keys&);
  /// Each operation timed, while another thread does the other one.
  void (*insert_all)(void* table, progress&, histogram&);
  void (*find_meanwhile)(void* table, progress&, histogram&);
};

namespace contender_detail {

template <class Table>
void join() {
  if constexpr (requires { Table::join(); }) Table::join();
}

template <class Table>
constexpr bool fixed() noexcept {
  return requires { Table::fixed; };
}
template <class Table>
constexpr bool erases() noexcept {
  return requires(Table table) { table.erase(0); };
}
template <class Table>
constexpr bool grows() noexcept {
  return !requires { Table::grows; };
}

/// A table and what is in it.
template <class Table>
struct filled {
  template <class Size>
  explicit filled(const Size& of) : table(of) {}
  filled(const filled&) = delete;
  filled& operator=(const filled&) = delete;
  ~filled() {
    if constexpr (requires { Table::owned; }) {
      for (std::uint64_t i = 0; i < objects; ++i) table.erase(id_of(i));
    }
  }
  Table table;
  std::uint64_t objects = 0;
};

/// What the hands of one row share: the table of many rows, and this row's keys.
template <class Table>
struct seat {
  seat(const any_table& in, const some_keys& with)
      : table(std::static_pointer_cast<filled<Table>>(in)), wanted(with) {}
  std::shared_ptr<filled<Table>> table;
  some_keys wanted;
  std::atomic<unsigned> hands{0};
};

/// A thread's way through the keys.
template <class Table>
class reader {
 public:
  explicit reader(seat<Table>& of)
      : self(of.hands.fetch_add(1, std::memory_order_relaxed)),
        table(of.table->table),
        finds_(of.wanted->finds.data()),
        mask_(of.wanted->finds.size() - 1),
        next_(first_place(self, mask_ + 1)) {
    join<Table>();
  }

  std::uint64_t next() noexcept {
    const std::uint64_t id = finds_[next_];
    next_ = (next_ + 1) & mask_;
    return id;
  }
  const std::uint64_t* next(unsigned n) noexcept {
    const std::uint64_t* const ids = finds_ + next_;
    next_ = (next_ + n) & mask_;
    return ids;
  }

  const unsigned self;
  Table& table;

 private:
  const std::uint64_t* finds_;
  std::size_t mask_;
  std::size_t next_;
};

template <class Table>
struct one_by_one {
  using object = seat<Table>;
  struct hand {
    explicit hand(object& of) : keys(of) {}
    void once() {
      if (!keys.table.look_up(keys.next())) [[unlikely]]
        std::abort();
    }
    reader<Table> keys;
  };
};

template <class Table, unsigned n>
struct many_at_once {
  static constexpr unsigned batch = n;
  using object = seat<Table>;
  struct hand {
    explicit hand(object& of) : keys(of) {}
    void once() { keys.table.template look_up_many<n>(keys.next(n)); }
    reader<Table> keys;
  };
};

template <class Table>
struct with_updates {
  static constexpr unsigned batch = 40;
  using object = seat<Table>;
  struct hand {
    explicit hand(object& of)
        : keys(of),
          hands(of.hands),
          objects(of.wanted->objects),
          updates(of.wanted->updates.data()),
          updates_mask(of.wanted->updates.size() - 1),
          update(keys.self * updates_mask / 2) {}

    // The same object goes and comes back within one call: between two calls the table is full.
    void once() {
      const std::uint64_t mine = own();
      keys.table.erase(mine);
      for (unsigned i = 0; i < batch / 2 - 1; ++i) look_up();
      keys.table.insert(mine);
      for (unsigned i = 0; i < batch / 2 - 1; ++i) look_up();
    }
    void look_up() { missed += !keys.table.look_up(keys.next()); }  // what is just taken off, say
    std::uint64_t own() noexcept {
      const std::uint64_t any = updates[update++ & updates_mask];
      const unsigned threads = hands.load(std::memory_order_relaxed);
      const std::uint64_t mine = any - any % threads + keys.self;
      return id_of(mine < objects ? mine : keys.self);
    }

    reader<Table> keys;
    const std::atomic<unsigned>& hands;
    const std::uint64_t objects;
    const std::uint32_t* updates;
    const std::size_t updates_mask;
    std::size_t update;
    std::uint64_t missed = 0;
  };
};

template <class Table, unsigned... n>
void add_batches(std::vector<subject>& to, const contender& of, const any_table& table,
                 const some_keys& with, std::integer_sequence<unsigned, n...>) {
  (to.push_back(describe<many_at_once<Table, n>>(std::string(Table::name_many) + std::to_string(n),
                                                 of.who, true, table, with)),
   ...);
}

template <class Table>
std::vector<subject> reading(const contender& of, const any_table& table, const some_keys& with) {
  std::vector<subject> out;
  out.push_back(describe<one_by_one<Table>>(of.name, of.who, true, table, with));
  if constexpr (requires { typename Table::batches; }) {
    add_batches<Table>(out, of, table, with, typename Table::batches{});
  }
  return out;
}

template <class Table>
subject churning(const contender& of, const any_table& table, const some_keys& with) {
  return describe<with_updates<Table>>(of.name, of.who, true, table, with);
}

template <class Table>
void fill(void* table, std::uint64_t first, std::uint64_t last) {
  join<Table>();
  auto& mine = *static_cast<filled<Table>*>(table);
  for (std::uint64_t i = first; i < last; ++i) mine.table.insert(id_of(i));
  mine.objects = last;
}

template <class Table>
void insert_all(void* table, progress& shared, histogram& took) {
  join<Table>();
  auto& mine = *static_cast<filled<Table>*>(table);
  while (!shared.reader_there.load(std::memory_order_acquire)) std::this_thread::yield();
  for (std::uint64_t i = 0; i < shared.objects; ++i) {
    const std::uint64_t id = id_of(i);
    const std::uint64_t begin = ticks();
    mine.table.insert(id);
    took.add(ticks() - begin);
    shared.inserted.store(i + 1, std::memory_order_release);
  }
  mine.objects = shared.objects;
}

template <class Table>
void find_meanwhile(void* table, progress& shared, histogram& took) {
  join<Table>();
  auto& mine = static_cast<filled<Table>*>(table)->table;
  shared.reader_there.store(true, std::memory_order_release);
  for (std::uint64_t round = 0;; ++round) {
    const std::uint64_t there = shared.inserted.load(std::memory_order_acquire);
    if (there == shared.objects && took.count() > 0) return;
    if (there == 0) continue;
    const std::uint64_t id = id_of(id_of(round) % there);
    const std::uint64_t begin = ticks();
    const bool found = mine.look_up(id);
    took.add(ticks() - begin);
    if (!found) [[unlikely]]
      std::abort();  // it was inserted before we began
  }
}

}  // namespace contender_detail

template <class Table>
contender enter(std::string name, role who) {
  namespace detail = contender_detail;
  contender out{.name = std::move(name),
                .who = who,
                .grows = detail::grows<Table>(),
                .prepare = [] {},
                .make = [](std::size_t expected) -> any_table {
                  detail::join<Table>();
                  return std::make_shared<detail::filled<Table>>(expected);
                },
                .fill = &detail::fill<Table>,
                .reading = &detail::reading<Table>,
                .churning = nullptr,
                .insert_all = nullptr,
                .find_meanwhile = nullptr};
  if constexpr (requires { Table::prepare(); }) out.prepare = &Table::prepare;
  if constexpr (!detail::fixed<Table>()) {
    if constexpr (detail::erases<Table>()) out.churning = &detail::churning<Table>;
    out.insert_all = &detail::insert_all<Table>;
    out.find_meanwhile = &detail::find_meanwhile<Table>;
  }
  return out;
}

/// The limit: the cheapest look-up that could be called correct.
contender open_addressing();
}  // namespace bench
