// lastout.hpp - all of Lastout in one include, but for grace.hpp, which needs liburcu; a file that
// uses one style may include just that.

#pragma once

#include <lastout/cache.hpp>
#include <lastout/dual.hpp>
#include <lastout/existence_ref.hpp>
#include <lastout/external_word.hpp>
#include <lastout/holder_tag.hpp>
#include <lastout/internal.hpp>
#include <lastout/kcref.hpp>
#include <lastout/kref.hpp>
#include <lastout/ledger.hpp>
#include <lastout/local_word.hpp>
#include <lastout/lock_watch.hpp>
#include <lastout/locked_word.hpp>
#include <lastout/plain.hpp>
#include <lastout/registry.hpp>
#include <lastout/release_queue.hpp>
#include <lastout/in_slab.hpp>
