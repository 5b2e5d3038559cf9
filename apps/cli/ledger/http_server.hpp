// http_server.hpp - answers GET of one path, for a scraper that comes every few seconds.
//
// One thread: a slow client delays nobody, as none is waited for. HTTP/1.1, one request for each
// connection.

#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <list>
#include <string>
#include <string_view>

#include "../unique_fd.hpp"

namespace cli::ledger {

struct http_answer {
  int status = 200;
  std::string content_type;
  std::string text;
};

class http_server {
 public:
  /// Listens on "ADDR:PORT" ("[::1]:9187", ":0" for any address and port).
  /// Throws  bad_request when that is none, or taken.
  http_server(const std::string& at, std::string path, std::function<http_answer()> answer);

  /// Where it listens: the port that was chosen, when 0 was asked for.
  [[nodiscard]] const std::string& address() const noexcept { return address_; }

  /// Serves until `stop` says so; it is asked several times a second.
  void serve(const std::function<bool()>& stop);

 private:
  struct client {
    unique_fd socket;
    std::string in, out;  // `out` is not empty when it is being answered
    std::chrono::steady_clock::time_point until;
  };

  void accept_clients();
  /// Returns  false when the client is done with.
  bool go_on(client& with);
  [[nodiscard]] std::string answer_to(std::string_view request) const;

  unique_fd listener_;
  std::string address_;
  std::string path_;
  std::function<http_answer()> answer_;
  std::list<client> clients_;
};

}  // namespace cli::ledger
