// layout.cpp - the one object that a debugger looks for.

#include "layout.hpp"

namespace lastout::ledger {
namespace {

constexpr const layout_part* parts[] = {&layout_of_objects, &layout_of_types, &layout_of_stacks,
                                        &layout_of_threads};

}  // namespace
}  // namespace lastout::ledger

// Nothing in the program names it: linkers that drop what is not named are told to keep it.
extern "C"
    [[gnu::used, gnu::retain]] constinit const lastout::ledger::layout lastout_ledger_layout = {
        "lastout ledger", 1, 4, lastout::ledger::parts};
