// tunnel_destination.cpp - CVE-2021-47222: a plain get of what a table refers to, and nobody uses.
//
// Linux before 5.13, br_handle_egress_vlan_tunnel(): the bridge takes the tunnel's destination with
// dst_clone(), a plain get, though that entry may have no reference any more, or be deleted. The fix
// is dst_hold_safe(), which may fail. Rule 4.
//
// The count does not show it as long as the entry's owner keeps it: the destination here is a
// kcref, whose table holds one reference of its own, and may take it back at any moment. The ledger
// knows that nobody else has one.
//
// says: ^lastout: violation got_without_reference in get of tunnels::destination at 0x
// says: ^  nobody had an external reference to get from
// stack: guilty_egress

#include <mutex>

#include <lastout/internal.hpp>
#include <lastout/kcref.hpp>

#include "reproduction.hpp"

namespace tunnels {

using lastout::external;

struct destination : lastout::kcref<destination> {
  static lastout::fate idle(const idle_proof& /*unused*/) noexcept { return lastout::fate::kill; }
};

/// Refers to the destination; another table owns it.
struct vlan {
  destination* by_address;
  lastout::internal<destination> by_reference;
};

[[gnu::noinline]] static external<destination> guilty_egress(const vlan& through) {
  external<destination> to = external<destination>::get(*through.by_address);  // the bug
  return to;
}

static external<destination> egress(const vlan& through, std::mutex& table) {
  const std::unique_lock held(table);
  return through.by_reference.get_not_zero(held);  // may be empty: then the packet is dropped
}

}  // namespace tunnels

int main(int count, char** words) {
  const bool broken = bugs::asked(count, words) == bugs::variant::broken;
  std::mutex table;
  auto made = lastout::make<tunnels::destination>();
  const tunnels::vlan through{made.address(), {*made, table}};
  tunnels::destination& known = *made;
  made.put();  // idle: only the table's own reference is left
  auto to = broken ? tunnels::guilty_egress(through) : tunnels::egress(through, table);
  to.put();
  {
    const std::unique_lock held(table);
    const auto gone = known.reclaim();
    return gone ? 0 : 1;
  }
}
