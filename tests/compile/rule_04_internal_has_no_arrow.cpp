// rule_04 - without an external reference only get_not_zero is allowed: an internal one has no
// members to use.
// expect: base operand of .*->|is not a pointer
#include <mutex>

#include <lastout/internal.hpp>
#include <lastout/kref.hpp>

struct session : lastout::kref<session> {
  int id = 0;
};

int id_of(const lastout::internal<session>& listed, const std::unique_lock<std::mutex>& lock) {
#ifdef MUST_NOT_COMPILE
  (void)lock;
  return listed->id;
#else
  const lastout::external<session> found = listed.get_not_zero(lock);
  return found ? found->id : 0;
#endif
}
