// service.cpp - accepts, reads a line, answers, closes.

#include "service.hpp"

#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <mutex>
#include <string>
#include <string_view>

#include <lastout/atomic.hpp>
#include <lastout/ledger.hpp>

#include "choice.hpp"
#include "counters.hpp"
#include "not_standard.hpp"
#include "own_thread.hpp"

// There when ThreadSanitizer is linked, which ends a forked child that starts a thread.
extern "C" [[gnu::weak]] void __tsan_init();

namespace lastout::ledger {
namespace {

constinit atomic<int> listening{-1};

int listen_as_this_process() noexcept {
  const int fd = not_standard(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (fd < 0) return -1;
  sockaddr_un at{};
  at.sun_family = AF_UNIX;
  const int length = std::snprintf(at.sun_path + 1, sizeof at.sun_path - 1, "lastout-ledger-%ld",
                                   static_cast<long>(getpid()));
  const auto bytes = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 +
                                            static_cast<std::size_t>(length));
  // The thread of an earlier one may be about to close it.
  for (int tries = 0; tries < 100; ++tries) {
    if (bind(fd, reinterpret_cast<const sockaddr*>(&at), bytes) == 0) {
      if (::listen(fd, 8) == 0) return fd;
      break;
    }
    if (errno != EADDRINUSE) break;
    const timespec nap{0, 10'000'000};
    nanosleep(&nap, nullptr);
  }
  close(fd);
  return -1;
}

bool may_ask(int client) noexcept {
  ucred who{};
  socklen_t size = sizeof who;
  return getsockopt(client, SOL_SOCKET, SO_PEERCRED, &who, &size) == 0 &&
         (who.uid == geteuid() || who.uid == 0);
}

bool send_all(int to, std::string_view what) noexcept {
  while (!what.empty()) {
    const ssize_t n = send(to, what.data(), what.size(), MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    what.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

// The line that is asked, without its end; it is at most as long as settings are.
std::string read_line(int from) {
  std::string out;
  char more[512];
  while (out.size() < 8192) {
    const ssize_t n = recv(from, more, sizeof more, 0);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    out.append(more, static_cast<std::size_t>(n));
    if (const std::size_t end = out.find('\n'); end != std::string::npos) {
      out.resize(end);
      break;
    }
  }
  return out;
}

std::string watch_as_asked(std::string_view words) {
  std::uintptr_t address = 0;
  std::size_t events = 1024;
  if (words.starts_with("0x")) words.remove_prefix(2);
  const char* const end = words.data() + words.size();
  std::from_chars_result read = std::from_chars(words.data(), end, address, 16);
  if (read.ec == std::errc{} && read.ptr != end && *read.ptr == ' ')
    read = std::from_chars(read.ptr + 1, end, events);
  if (read.ec != std::errc{} || read.ptr != end || events == 0)
    return "error: 'watch' wants an address and, if you like, how many events\n";
  if (!watch(reinterpret_cast<const void*>(address), events))  // NOLINT(performance-no-int-to-ptr)
    return "error: no tracked object is at that address\n";
  return "ok\n";
}

/// Answers with the names that nothing has so far: they may come, or be misspelt.
std::string set_as_asked(std::string_view text) {
  const std::string wrong = apply(text);
  if (!wrong.empty()) return "error: " + wrong + "\n";
  std::string out = "ok\n";
  for (const std::string& name : names_of_no_type()) out += "unused " + name + "\n";
  return out;
}

std::string answer(const std::string& asked) {
  const std::string_view line = asked;
  if (line == "dump") return "ok\n" + dump();
  if (line == "counters") return "ok\n" + counters_text();
  if (line == "metrics") return "ok\n" + open_metrics();
  if (line.starts_with("set ")) return set_as_asked(line.substr(4));
  if (line.starts_with("watch ")) return watch_as_asked(line.substr(6));
  return "error: what is understood: dump, counters, metrics, set TEXT, watch ADDRESS [N]\n";
}

void attend(int client) noexcept {
  const timeval patience{10, 0};
  setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  setsockopt(client, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  try {
    const std::string text =
        may_ask(client) ? answer(read_line(client)) : "error: only the same user is answered\n";
    send_all(client, text);
  } catch (const std::exception&) {
    send_all(client, "error: out of memory\n");
  }
  shutdown(client, SHUT_RDWR);  // a child that was forked meanwhile has it too
  close(client);
}

void* work(void* of) noexcept {
  const auto fd = static_cast<int>(reinterpret_cast<std::intptr_t>(of));
  prctl(PR_SET_NAME, "lastout-ledger", 0, 0, 0);
  for (;;) {
    const int client = not_standard(accept4(fd, nullptr, nullptr, SOCK_CLOEXEC));
    if (client >= 0) {
      attend(client);
    } else if (errno == EINVAL || errno == EBADF) {
      break;  // shut down
    } else if (errno != EINTR && errno != ECONNABORTED) {
      const timespec nap{0, 50'000'000};  // no descriptors, or no memory: for now
      nanosleep(&nap, nullptr);
    }
  }
  close(fd);
  return nullptr;
}

}  // namespace

void serve(bool on) noexcept {
  if (!on) {
    // relaxed, here and below: changed one at a time, by who chooses
    const int fd = listening.exchange(-1, order::relaxed);
    if (fd >= 0) shutdown(fd, SHUT_RDWR);
    return;
  }
  if (listening.load(order::relaxed) >= 0) return;
  const int fd = listen_as_this_process();
  if (fd < 0) return;  // no sockets here: there is the environment, and there are dumps
  if (run_on_own_thread(&work, reinterpret_cast<void*>(static_cast<std::intptr_t>(fd)))) {
    listening.store(fd, order::relaxed);
  } else {
    close(fd);
  }
}

void restart_service(bool may_start) noexcept {
  const int old = listening.exchange(-1, order::relaxed);
  if (old < 0) return;
  close(old);  // the parent's
  if (may_start && __tsan_init == nullptr) serve(true);
}

}  // namespace lastout::ledger
