// commands.hpp - the subcommands that ask a ledger: of a running process, or what it wrote down.

#pragma once

#include "../command.hpp"

namespace cli::ledger {

command holders_command();
command why_command();
command diff_command();
command history_command();
command top_command();
command report_command();
command dump_command();
command set_command();
command metrics_command();

}  // namespace cli::ledger
