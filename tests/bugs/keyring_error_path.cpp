// keyring_error_path.cpp - CVE-2016-0728: joining the session keyring that one has already leaks a
// reference to it, on the path that ends early.
//
// Linux 3.8 to 4.4, join_session_keyring(): find_keyring_by_name() returns a counted keyring; when it
// is the one that the process has, the function leaves without giving that reference back. Who calls
// it often enough wraps the count. Rules 52, 55.
//
// says: ^lastout: 3 references to 1 objects? of keyrings::keyring are still held$
// says: ^  3  given away by leak\(\) in thread
// stack: guilty_join_session

#include <utility>

#include <lastout/kref.hpp>

#include "reproduction.hpp"

namespace keyrings {

using lastout::external;

struct keyring : lastout::kref<keyring> {};

struct process {
  external<keyring> session;
};

/// As an interface for C has it: the caller owns the reference that this returns.
static keyring* find_for_c(const process& self) { return external<keyring>(self.session).leak(); }

[[gnu::noinline]] static bool guilty_join_session(process& self) {
  keyring* const found = find_for_c(self);
  if (found == self.session.address()) return true;  // the bug: nobody adopts what was found
  self.session = external<keyring>::adopt(found);
  return true;
}

static bool join_session(process& self) {
  external<keyring> found = external<keyring>::adopt(find_for_c(self));
  if (found == self.session) return true;  // `found` puts, whichever way this is left
  self.session = std::move(found);
  return true;
}

}  // namespace keyrings

int main(int count, char** words) {
  const bool broken = bugs::asked(count, words) == bugs::variant::broken;
  keyrings::process self{lastout::make<keyrings::keyring>()};
  bool joined = true;
  for (int i = 0; i < 3; ++i)
    joined = (broken ? guilty_join_session(self) : join_session(self)) && joined;
  return joined ? 0 : 1;
}
