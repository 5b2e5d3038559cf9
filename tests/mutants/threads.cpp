// threads.cpp - what the program of threads is told before it starts: the first race ends it; rounds
// that are enough for a race, and always the same choices.

#include <cstdlib>

#include "driver.hpp"

extern "C" const char* __tsan_default_options();
extern "C" const char* __tsan_default_options() { return "halt_on_error=1:report_bugs=1"; }

void lastout::mutant::add_cases() {
  setenv("LASTOUT_STRESS_ROUNDS", "60", 1);
  setenv("LASTOUT_STRESS_SEED", "1", 1);
}
