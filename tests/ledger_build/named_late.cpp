// named_late.cpp - a type is named when its handles have a size already.

#include <lastout/external.hpp>
#include <lastout/kref.hpp>

struct late : lastout::kref<late> {};
inline lastout::external<late> made() { return lastout::make<late>(); }
LASTOUT_IN_LEDGER(late);
