// session_table.cpp - sessions of a server: found by name at each request, gone with the last one
// who uses them, and never found again by a token that is too old.
//
// Build: c++ -std=c++20 -Iinclude docs/examples/session_table.cpp -pthread

#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <lastout/kref.hpp>
#include <lastout/registry.hpp>

namespace {

class session : public lastout::kref<session>, public lastout::in_slab<session> {
 public:
  explicit session(std::string_view user) : user_(user) {}
  [[nodiscard]] const std::string& user() const noexcept { return user_; }

  // What the client is given: slot and generation, 8 bytes. It may keep it for ever.
  [[nodiscard]] std::uint64_t token() const noexcept { return mark(*this).number(); }
  static lastout::external<session> of_token(std::uint64_t token) {
    return mark::from_number(token).get_not_zero();
  }

  void serve() noexcept { served_.fetch_add(1, lastout::order::relaxed); }
  [[nodiscard]] int served() const noexcept { return served_.load(lastout::order::relaxed); }

 private:
  friend lastout::reference_access;
  using mark = lastout::internal<session, lastout::slab<session>>;
  void release() noexcept;

  const std::string user_;
  lastout::atomic<int> served_{0};
};

lastout::registry<std::string, session, &session::user> sessions;

void session::release() noexcept {
  sessions.leave(*this);
  delete this;
}

// Whoever logs in twice gets the session that is there.
lastout::external<session> log_in(std::string_view user) {
  return sessions.get_or_create(user, [user] { return lastout::make<session>(user); });
}

}  // namespace

int main() {
  std::vector<lastout::external<session>> logged_in;
  for (const char* user : {"ann", "bob", "cid", "ann"}) logged_in.push_back(log_in(user));
  const std::uint64_t token = logged_in[0]->token();

  std::vector<std::thread> workers;
  for (int i = 0; i < 4; ++i) {
    workers.emplace_back([] {
      for (const std::string_view user : {"ann", "bob", "eve"})
        for (int request = 0; request < 1000; ++request)
          if (const lastout::external<session> s = sessions.find(user)) s->serve();
    });
  }
  for (std::thread& each : workers) each.join();

  sessions.for_each([](lastout::external<session> each) {
    std::printf("%s: %d requests\n", each->user().c_str(), each->served());
  });
  std::printf("by token: %s\n", session::of_token(token)->user().c_str());

  logged_in.clear();  // the last one out frees
  const lastout::external<session> again = log_in("ann");
  std::printf("%zu left; the old token finds %s\n", sessions.size(),
              session::of_token(token) ? "somebody" : "nobody");
  return sessions.size() == 1 && !session::of_token(token) ? 0 : 1;
}
