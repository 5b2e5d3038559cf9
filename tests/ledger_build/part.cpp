// part.cpp - a translation unit of a program: the one with main, or the other one.

#include <lastout/external.hpp>
#include <lastout/kref.hpp>

// No type of the library stands in what the two call: names alone would not tell them apart.
int other();

#ifdef WITH_MAIN
int main() { return other(); }
#else
struct session : lastout::kref<session> {};
int other() { return 0; }
#endif
