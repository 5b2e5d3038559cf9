// compiled.cpp - what a mutant is compiled into, to see whether a static_assert notices.

#include <small/counter.hpp>
