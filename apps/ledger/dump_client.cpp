// dump_client.cpp - see dump_client.hpp. The socket: unix(7), "Abstract sockets".

#include "dump_client.hpp"

#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <limits>
#include <system_error>
#include <thread>

#include "dump_reader.hpp"

namespace lastout::ledger_reader {
namespace {

using clock = std::chrono::steady_clock;

std::string name_of(std::uint64_t pid) { return "process " + std::to_string(pid); }

[[noreturn]] void fail(std::uint64_t pid, const std::string& what) {
  throw no_answer(name_of(pid) + ": " + what);
}

[[noreturn]] void fail(std::uint64_t pid, const char* doing, int error) {
  fail(pid, std::string(doing) + ": " + std::generic_category().message(error));
}

class connection {
 public:
  connection(std::uint64_t pid, const patience& wait) : pid_(pid), wait_(wait) {
    fd_ = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd_ < 0) fail(pid_, "no socket to ask with", errno);
  }
  connection(const connection&) = delete;
  connection& operator=(const connection&) = delete;
  ~connection() { close(fd_); }

  void open() {
    sockaddr_un at{};
    at.sun_family = AF_UNIX;
    const std::string name = "lastout-ledger-" + std::to_string(pid_);
    std::memcpy(at.sun_path + 1, name.data(), name.size());
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
    const clock::time_point begun = clock::now();
    while (connect(fd_, reinterpret_cast<const sockaddr*>(&at), size) != 0) {
      if (errno == ECONNREFUSED) refused();
      if (errno != EAGAIN && errno != EINTR) fail(pid_, "cannot connect", errno);
      // Others are waiting for an answer, as many as it lets wait.
      if (clock::now() - begun >= wait_.silence) silent();
      look_for_stop();
      std::this_thread::sleep_for(slice);
    }
    ucred who{};
    socklen_t length = sizeof who;
    // 0 is a process of another namespace, of which the kernel does not tell.
    if (getsockopt(fd_, SOL_SOCKET, SO_PEERCRED, &who, &length) == 0 && who.pid != 0 &&
        static_cast<std::uint64_t>(who.pid) != pid_)
      fail(pid_, "process " + std::to_string(who.pid) + " answers in its name; not believed");
  }

  void send_line(std::string_view line) {
    std::string text = std::string(line) + '\n';
    std::string_view left = text;
    while (!left.empty()) {
      wait_for(POLLOUT);
      const ssize_t n = send(fd_, left.data(), left.size(), MSG_NOSIGNAL);
      if (n > 0) left.remove_prefix(static_cast<std::size_t>(n));
      if (n < 0 && errno == EPIPE) return;  // what it had to say is there to read
      if (n < 0 && errno != EAGAIN && errno != EINTR) fail(pid_, "cannot ask", errno);
    }
  }

  std::string read_all() {
    std::string out;
    std::size_t length = 0;
    for (;;) {
      wait_for(POLLIN);
      if (out.size() - length < piece) out.resize(std::max(out.size() * 2, 4 * piece));
      const ssize_t n = recv(fd_, out.data() + length, out.size() - length, 0);
      if (n == 0) break;
      if (n < 0 && errno != EAGAIN && errno != EINTR)
        fail(pid_, "it ended while it answered", errno);
      if (n > 0) length += static_cast<std::size_t>(n);
    }
    out.resize(length);
    return out;
  }

 private:
  static constexpr std::size_t piece = 1 << 16;
  static constexpr std::chrono::milliseconds slice{100};

  [[noreturn]] void refused() const {
    if (kill(static_cast<pid_t>(pid_), 0) != 0 && errno == ESRCH)
      fail(pid_, "there is no such process");
    fail(pid_,
         "its ledger does not answer: the program was built without one (lastout::with_ledger), or "
         "runs with LASTOUT_LEDGER=socket=off, or in another network namespace (ask from inside of "
         "it)");
  }
  [[noreturn]] void silent() const {
    fail(pid_, "no answer within " + std::to_string(wait_.silence.count() / 1000) +
                   " s; it may be stopped, or too busy: try again");
  }
  void look_for_stop() const {
    if (wait_.stop()) fail(pid_, "asked no further: interrupted");
  }

  void wait_for(short what) const {
    const clock::time_point begun = clock::now();
    for (;;) {
      pollfd of{fd_, what, 0};
      const int n = poll(&of, 1, static_cast<int>(slice.count()));
      if (n > 0) return;
      if (n < 0 && errno != EINTR) fail(pid_, "cannot wait", errno);
      look_for_stop();
      if (clock::now() - begun >= wait_.silence) silent();
    }
  }

  std::uint64_t pid_;
  const patience& wait_;
  int fd_ = -1;
};

// Whether the service would answer us: it does so for its own user and for root.
void check_permission(std::uint64_t pid) {
  if (pid == 0 || pid > static_cast<std::uint64_t>(std::numeric_limits<pid_t>::max()) ||
      (kill(static_cast<pid_t>(pid), 0) != 0 && errno == ESRCH))
    fail(pid, "there is no such process");
  struct stat about{};
  const uid_t we = geteuid();
  if (we != 0 && stat(("/proc/" + std::to_string(pid)).c_str(), &about) == 0 && about.st_uid != we)
    fail(pid, "not permitted: it belongs to another user; ask as that user, or as root");
}

}  // namespace

std::string ask(std::uint64_t pid, std::string_view question, const patience& wait) {
  check_permission(pid);
  connection to(pid, wait);
  to.open();
  to.send_line(question);
  std::string answer = to.read_all();
  const std::size_t end = answer.find('\n');
  if (end == std::string::npos) fail(pid, "it ended before it answered");
  const std::string_view first = std::string_view(answer).substr(0, end);
  if (first.starts_with("error: ")) fail(pid, std::string(first.substr(7)));
  if (first != "ok")
    fail(pid, "its answer is not understood; use the lastout command that came with the program");
  answer.erase(0, end + 1);
  return answer;
}

dump ask_dump(std::uint64_t pid, const patience& wait) {
  return read_dump(ask(pid, "dump", wait), name_of(pid));
}

}  // namespace lastout::ledger_reader
