// futex_by_address.cpp - CVE-2020-14381: a futex is named by the address of its inode, and the inode
// does not stay.
//
// Linux before 5.6: the key of a shared futex was the inode's address, got with ihold() where the
// inode may be on its way out; ihold() does not keep such an inode. Another inode may stand there
// when the futex is woken. The fix (8019ad13ef7f) names inodes by a number that is never used again.
// Rule 24.
//
// says: ^lastout: violation get_once_dead in get of futexes::inode at 0x
// stack: guilty_key_of
// says: ^  it was released by thread .* ago, at$
// stack: evict

#include <lastout/in_slab.hpp>
#include <lastout/kref.hpp>

#include "reproduction.hpp"

namespace futexes {

using lastout::external;

struct inode : lastout::kref<inode> {
  int futex = 0;
};

/// What a mapping of a file knows; the file's inode is not got by it.
struct mapping {
  inode* host;
};

[[gnu::noinline]] static external<inode> guilty_key_of(const mapping& of) {
  external<inode> key = external<inode>::get(*of.host);  // the bug: is there still such an inode?
  return key;
}

[[gnu::noinline]] static void evict(external<inode>& last) { last.put(); }

/// The same with a name that is never used again: slot and generation.
struct numbered : lastout::kref<numbered>, lastout::in_slab<numbered> {
  int futex = 0;
};
struct numbered_mapping {
  lastout::internal<numbered, lastout::slab<numbered>> host;
};

}  // namespace futexes

int main(int count, char** words) {
  if (bugs::asked(count, words) == bugs::variant::broken) {
    auto file = lastout::make<futexes::inode>();
    const futexes::mapping mapped{file.address()};
    futexes::evict(file);
    futexes::guilty_key_of(mapped).put();
    return 0;
  }
  auto file = lastout::make<futexes::numbered>();
  const futexes::numbered_mapping mapped{
      lastout::internal<futexes::numbered, lastout::slab<futexes::numbered>>(*file)};
  file.put();
  const auto another = lastout::make<futexes::numbered>();  // stands where the first one stood
  return mapped.host.get_not_zero() ? 1 : 0;
}
