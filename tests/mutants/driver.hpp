// driver.hpp - what a program full of mutants may add to itself before it starts.

#pragma once

namespace lastout::mutant {

/// Adds cases that no macro declares; a program without any defines nothing.
[[gnu::weak]] void add_cases();

}  // namespace lastout::mutant
