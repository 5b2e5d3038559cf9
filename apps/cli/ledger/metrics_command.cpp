// metrics_command.cpp - lastout metrics: the tallies of a process as OpenMetrics, once or for
// Prometheus.

#include <chrono>
#include <cstdio>
#include <string>

#include <fmt/format.h>
#include <ledger/dump_client.hpp>

#include "../interrupt.hpp"
#include "../text_option.hpp"
#include "commands.hpp"
#include "following.hpp"
#include "http_server.hpp"
#include "source.hpp"

namespace cli::ledger {
namespace {

using namespace lastout::ledger_reader;

constexpr std::string_view help =
    R"(lastout metrics - the tallies of a running process, as OpenMetrics text

Usage:
  lastout metrics PID [--listen ADDR:PORT]

Prints them once; with --listen answers GET /metrics with them, for Prometheus, until
Ctrl-C. While the process does not answer, the answer is 503, and says why; a process that
has ended is not found again under a new number.

Options:
  --listen ADDR:PORT   where to listen: 127.0.0.1:9187, [::1]:9187, :9187 for every
                       address of the machine; port 0 for any that is free
  -h, --help           this text

Exit status:
  0    told, or Ctrl-C
  1    the answer could not be written
  2    no such process, one that does not answer, an address that is taken

Examples:
  lastout metrics 4711
  lastout metrics 4711 --listen 127.0.0.1:9187
)";

constexpr const char* open_metrics = "application/openmetrics-text; version=1.0.0; charset=utf-8";

http_answer scraped(std::uint64_t pid) {
  // Prometheus waits for 10 s in all.
  patience wait = until_interrupted();
  wait.silence = std::chrono::seconds(5);
  try {
    return {200, open_metrics, ask(pid, "metrics", wait)};
  } catch (const no_answer& why) {
    return {503, "text/plain; charset=utf-8", fmt::format("{}\n", why.what())};
  }
}

class asked {
 public:
  explicit asked(CLI::App& app) : listen_(app, "--listen") { add_word(app, "PID", pid_); }

  int answer() const {
    const std::uint64_t pid = process_of(pid_);
    if (!listen_.given()) {
      fmt::print("{}", ask(pid, "metrics"));
      return verdict_ok;
    }
    interrupt::watch(nullptr);
    http_server server(listen_.text, "/metrics", [pid] { return scraped(pid); });
    ask(pid, "metrics", until_interrupted());
    fmt::print("listening on http://{}/metrics\n", server.address());
    std::fflush(stdout);
    server.serve([] { return interrupt::received() != 0; });
    return verdict_ok;
  }

 private:
  std::string pid_;
  text_option listen_;
};

}  // namespace

command metrics_command() {
  return {"metrics", "PID [--listen AT]", "tallies for Prometheus", help, &prepared<asked>};
}

}  // namespace cli::ledger
