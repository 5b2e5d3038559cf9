// address_space_test.cpp - what tables and slabs reserve leaves room for the objects, also where all
// there is are 4 GiB.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <vector>

#include <gtest/gtest.h>

#include <lastout/in_slab.hpp>
#include <lastout/kref.hpp>
#include <lastout/registry.hpp>
#include <lastout/slab.hpp>

namespace {

using lastout::external;
using lastout::make;

struct session;
std::uint32_t number_of(const session& of) noexcept;
using sessions = lastout::registry<std::uint32_t, session, &number_of>;

struct session : lastout::kref<session>, lastout::in_slab<session> {
  session(sessions& in, std::uint32_t number) : home(in), id(number) {}
  void release() noexcept {
    home.leave(*this);
    delete this;
  }
  sessions& home;
  const std::uint32_t id;
};
std::uint32_t number_of(const session& of) noexcept { return of.id; }

TEST(address_space_test, sixteen_tables_leave_most_of_it_to_what_they_hold) {
  std::vector<std::unique_ptr<sessions>> tables;
  std::vector<external<session>> all;
  for (std::uint32_t i = 0; i < 16; ++i) {
    tables.push_back(std::make_unique<sessions>());
    all.push_back(tables.back()->insert(make<session>(*tables.back(), i)));
    ASSERT_TRUE(all.back()) << "table " << i;
  }
  // In pieces, and never touched: it is about addresses, not about memory.
  std::vector<std::unique_ptr<void, void (*)(void*)>> pieces;
  for (int piece = 0; piece < 32; ++piece) {
    pieces.emplace_back(std::malloc(std::size_t{32} << 20), &std::free);
    ASSERT_NE(pieces.back(), nullptr) << "after " << 32 * piece << " MiB";
  }
}

TEST(address_space_test, each_of_many_names_is_found) {
  sessions table;
  std::vector<external<session>> all;
  for (std::uint32_t i = 0; i < 10'000; ++i) all.push_back(table.insert(make<session>(table, i)));
  for (std::uint32_t i = 0; i < 10'000; ++i) ASSERT_EQ(table.find(i), all[i]) << i;
}

}  // namespace
