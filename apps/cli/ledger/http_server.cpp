// http_server.cpp - see http_server.hpp. HTTP: RFC 9110, RFC 9112.

#include "http_server.hpp"

#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstddef>
#include <memory>
#include <system_error>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "../command.hpp"
#include "../units.hpp"

namespace cli::ledger {
namespace {

constexpr std::size_t clients_max = 64;
constexpr std::size_t request_max = 16384;
constexpr std::chrono::seconds patience{10};

[[noreturn]] void refuse_listening(const std::string& at, const std::string& why) {
  refuse("--listen", at, why + "; give an address and a port, such as 127.0.0.1:9187");
}

struct frees {
  void operator()(addrinfo* list) const noexcept { freeaddrinfo(list); }
};
using addresses = std::unique_ptr<addrinfo, frees>;

addresses look_up(const std::string& at) {
  const std::size_t colon = at.rfind(':');
  if (colon == std::string::npos) refuse_listening(at, "it has no port");
  std::string host = at.substr(0, colon);
  const std::string port = at.substr(colon + 1);
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string::npos) {
    refuse_listening(at, "an address with colons stands between [ and ]");
  }
  const auto number = parse_number(port);
  if (!number || *number > 65535) refuse_listening(at, "the port is no number up to 65535");
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_STREAM;
  wanted.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const std::string digits = fmt::format("{}", *number);
  const int error =
      getaddrinfo(host.empty() ? nullptr : host.c_str(), digits.c_str(), &wanted, &found);
  if (error != 0) refuse_listening(at, gai_strerror(error));
  return addresses(found);
}

std::string name_of(int socket) {
  sockaddr_storage where{};
  socklen_t length = sizeof where;
  char host[NI_MAXHOST];
  char port[NI_MAXSERV];
  if (getsockname(socket, reinterpret_cast<sockaddr*>(&where), &length) != 0 ||
      getnameinfo(reinterpret_cast<const sockaddr*>(&where), length, host, sizeof host, port,
                  sizeof port, NI_NUMERICHOST | NI_NUMERICSERV) != 0)
    return "?";
  return where.ss_family == AF_INET6 ? fmt::format("[{}]:{}", host, port)
                                     : fmt::format("{}:{}", host, port);
}

const char* reason(int status) {
  switch (status) {
    case 200: return "OK";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 431: return "Request Header Fields Too Large";
    case 503: return "Service Unavailable";
    default: return "Bad Request";
  }
}

// HEAD gets the headers of what GET would get.
std::string response(const http_answer& of, bool with_text, std::string_view more_headers = {}) {
  return fmt::format(
      "HTTP/1.1 {} {}\r\nContent-Type: {}\r\nContent-Length: {}\r\nConnection: close\r\n{}\r\n{}",
      of.status, reason(of.status), of.content_type, of.text.size(), more_headers,
      with_text ? of.text : std::string());
}

std::string plain(int status, std::string_view text, std::string_view more_headers = {}) {
  return response({status, "text/plain; charset=utf-8", fmt::format("{}\n", text)}, true,
                  more_headers);
}

}  // namespace

http_server::http_server(const std::string& at, std::string path,
                         std::function<http_answer()> answer)
    : path_(std::move(path)), answer_(std::move(answer)) {
  const addresses found = look_up(at);
  int error = 0;
  for (const addrinfo* each = found.get(); each != nullptr && !listener_; each = each->ai_next) {
    unique_fd made(::socket(each->ai_family, each->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK,
                            each->ai_protocol));
    const int yes = 1;
    if (made) setsockopt(made.number(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (made && bind(made.number(), each->ai_addr, each->ai_addrlen) == 0 &&
        listen(made.number(), 64) == 0) {
      listener_ = std::move(made);
    } else {
      error = errno;
    }
  }
  if (!listener_) refuse_listening(at, std::generic_category().message(error));
  address_ = name_of(listener_.number());
}

void http_server::serve(const std::function<bool()>& stop) {
  using clock = std::chrono::steady_clock;
  while (!stop()) {
    std::vector<pollfd> waited;
    // Who comes while there are too many waits in the kernel's queue.
    waited.push_back(
        {listener_.number(), static_cast<short>(clients_.size() < clients_max ? POLLIN : 0), 0});
    for (const client& each : clients_)
      waited.push_back(
          {each.socket.number(), static_cast<short>(each.out.empty() ? POLLIN : POLLOUT), 0});
    poll(waited.data(), waited.size(), 200);
    std::size_t at = 1;
    for (auto each = clients_.begin(); each != clients_.end(); ++at) {
      const bool late = clock::now() > each->until;
      const bool done = late || (waited[at].revents != 0 && !go_on(*each));
      each = done ? clients_.erase(each) : std::next(each);
    }
    if ((waited[0].revents & POLLIN) != 0) accept_clients();
  }
}

void http_server::accept_clients() {
  while (clients_.size() < clients_max) {
    unique_fd came(accept4(listener_.number(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (!came) break;
    clients_.push_back({std::move(came), {}, {}, std::chrono::steady_clock::now() + patience});
  }
}

bool http_server::go_on(client& with) {
  if (with.out.empty()) {
    char piece[4096];
    const ssize_t n = recv(with.socket.number(), piece, sizeof piece, 0);
    if (n < 0) return errno == EAGAIN || errno == EINTR;
    if (n == 0) return false;
    with.in.append(piece, static_cast<std::size_t>(n));
    if (with.in.find("\r\n\r\n") != std::string::npos) {
      with.out = answer_to(with.in);
    } else if (with.in.size() > request_max) {
      with.out = plain(431, "the request is too long");
    }
    // Asking may have taken long: the client is not to blame.
    with.until = std::max(with.until, std::chrono::steady_clock::now() + patience / 2);
    if (with.out.empty()) return true;
  }
  const ssize_t n = send(with.socket.number(), with.out.data(), with.out.size(), MSG_NOSIGNAL);
  if (n < 0) return errno == EAGAIN || errno == EINTR;
  with.out.erase(0, static_cast<std::size_t>(n));
  if (!with.out.empty()) return true;
  shutdown(with.socket.number(), SHUT_WR);
  return false;
}

std::string http_server::answer_to(std::string_view request) const {
  const std::string_view line = request.substr(0, request.find("\r\n"));
  const std::size_t first = line.find(' ');
  const std::size_t last = line.rfind(' ');
  if (first == std::string_view::npos || last <= first || first == 0 ||
      !line.substr(last + 1).starts_with("HTTP/1."))
    return plain(400, "this is no request of HTTP/1.1");
  const std::string_view method = line.substr(0, first);
  std::string_view target = line.substr(first + 1, last - first - 1);
  if (target.starts_with("http://")) {  // as to a proxy
    const std::size_t slash = target.find('/', 7);
    target = slash == std::string_view::npos ? "/" : target.substr(slash);
  }
  target = target.substr(0, target.find('?'));
  if (target != path_) return plain(404, fmt::format("there is {} here, and nothing else", path_));
  if (method != "GET" && method != "HEAD")
    return plain(405, "GET and HEAD are answered here", "Allow: GET, HEAD\r\n");
  return response(answer_(), method == "GET");
}

}  // namespace cli::ledger
