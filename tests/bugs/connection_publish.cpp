// connection_publish.cpp - nf_conntrack 941297f443f8 (2009): the count says one before the keys are
// written.
//
// Linux before 2.6.31: connections live in memory that stays of their type, and are looked up without
// a lock. The allocation set the count to one, and then the keys: a reader that still had the slot
// from before could take a reference and compare the old keys. Rules 58, 59.
//
// The order of plain writes is not the ledger's: tests/edges/rule_58_test.cpp and rule_59_test.cpp
// explore it. make() sets the count when the constructor has returned, so a reader that comes
// earlier, as here, where the constructor shows the object to a table, is refused and reported.
//
// says: ^lastout: violation get_once_dead in get of connections::connection at 0x
// stack: guilty_find
// stack: connection::connection

#include <mutex>

#include <lastout/in_slab.hpp>
#include <lastout/kref.hpp>

#include "reproduction.hpp"

namespace connections {

using lastout::external;

struct connection;

struct table {
  std::mutex lock;
  connection* first = nullptr;
  external<connection> (*find)(const table& in, int key) = nullptr;
};

struct connection : lastout::kref<connection> {
  [[gnu::noinline]] connection(table& in, int its_key);
  int key = 0;
};

[[gnu::noinline]] static external<connection> guilty_find(const table& in, int key) {
  if (in.first == nullptr) return {};
  external<connection> got = external<connection>::get(*in.first);  // the bug: is it one yet?
  if (got->key != key) got.put();
  return got;
}

/// The table gets its object when there is one: after make().
static external<connection> find(const table& in, int key) {
  if (in.first == nullptr || in.first->key != key) return {};
  return external<connection>::get(*in.first);  // lent by who made it, below
}

connection::connection(table& in, int its_key) {
  if (in.find == guilty_find) {
    in.first = this;
    (void)in.find(in, its_key);  // a reader that comes now
  }
  key = its_key;
}

}  // namespace connections

int main(int count, char** words) {
  const bool broken = bugs::asked(count, words) == bugs::variant::broken;
  connections::table table;
  table.find = broken ? connections::guilty_find : connections::find;
  const auto made = lastout::make<connections::connection>(table, 7);
  table.first = made.address();
  return broken || table.find(table, 7) ? 0 : 1;
}
