// core_external_word_has_no_internal - nothing finds an object that only external references lead
// to.
// expect: no matching (member )?function
#include <mutex>

#include <lastout/external_word.hpp>
#include <lastout/internal.hpp>
#include <lastout/kref.hpp>

#ifdef MUST_NOT_COMPILE
using word_of_session = lastout::external_word;
#else
using word_of_session = lastout::refcount;
#endif

struct session : lastout::kref<session, word_of_session> {};

lastout::external<session> find(const lastout::internal<session>& listed,
                                const std::unique_lock<std::mutex>& lock) {
  return listed.get_not_zero(lock);
}
