// left_out.cpp - a program that asks the ledger can be built without it, and hears so.

#include <lastout/ledger.hpp>

int main() {
  const int something = 0;
  const bool answers =
      lastout::ledger::apply("all").find("without the ledger") != std::string::npos &&
      lastout::ledger::dump_to("nowhere").find("without the ledger") != std::string::npos &&
      lastout::ledger::settings() == "off" && !lastout::ledger::watch(&something) &&
      lastout::ledger::dump().empty() && lastout::ledger::report().empty() &&
      lastout::ledger::about(&something).empty() && lastout::ledger::open_metrics() == "# EOF\n";
  lastout::ledger::settle();
  return answers ? 0 : 1;
}
