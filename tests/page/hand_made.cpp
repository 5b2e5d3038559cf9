// hand_made.cpp - see hand_made.hpp.

#include "hand_made.hpp"

#include <map>
#include <utility>

namespace lastout::ledger_reader {
namespace {

constexpr std::uint64_t second = 1'000'000'000;
constexpr std::uint64_t boot_real = 1'763'900'000 * second;  // real time when monotonic was 0

enum : std::uint32_t { session_type, connection_type, listener_type, evil_type };
enum : std::uint32_t { accept_stack, serve_stack, evil_stack };
enum : std::uint32_t { request_tag, evil_tag };
enum : std::uint32_t { main_thread, worker_thread, evil_thread };

/// The server when `sessions` sessions are held by one worker. It was loaded at `base`.
dump server_at(std::uint64_t now_ns, std::uint32_t sessions, std::uint64_t base) {
  dump of;
  of.pid = 4711;
  of.now_ns = now_ns;
  of.real_ns = boot_real + now_ns;
  of.program = "/opt/app/server";
  of.settings = "all stacks=8 history=100";
  of.modules = {{base, base + 0x10000, 0, "c0ffee", "/opt/app/server"}};
  of.types = {{"app::net::session", 64, 1, sessions + 4, 2, 90, 70, 1, 0, 0},
              {"app::net::connection", 128, 1, 9, 4, 40, 33, 0, 0, 0},
              {"app::net::listener", 256, 1, 1, 0, 3, 2, 0, 0, 0},
              {hostile_type, 32, 1, 1, 0, 1, 0, 0, 0, 0}};
  of.threads = {{4711, true, "server"}, {4712, true, "worker"}, {4713, false, hostile_thread}};
  of.tags = {"request", hostile_tag};
  of.stacks = {{base + 0x110, base + 0x220}, {base + 0x330, base + 0x220}, {base + 0x440}};
  for (std::uint32_t i = 0; i < sessions; ++i) {
    of.objects.push_back(made(session_type, 0x10000 + i * 0x100ULL,
                              {held_at(0x7f0000 + i * 8, now_ns - (i + 1) * second, serve_stack,
                                       request_tag, worker_thread)}));
  }
  return of;
}

}  // namespace

reference held_at(std::uint64_t where, std::uint64_t since_ns, std::uint32_t stack,
                  std::uint32_t tag, std::uint32_t thread) {
  reference held;
  held.where = where;
  held.since_ns = since_ns;
  held.stack = stack;
  held.tag = tag;
  held.thread = thread;
  return held;
}

object made(std::uint32_t type, std::uint64_t address, std::vector<reference> held) {
  object each;
  each.type = type;
  each.address = address;
  each.references = static_cast<std::uint32_t>(held.size());
  each.state = held.empty() ? "idle" : "live";
  each.whole = true;
  each.held = std::move(held);
  return each;
}

std::vector<dump> server() {
  std::vector<dump> all = {server_at(100 * second, 2, 0x400000),
                           server_at(110 * second, 5, 0x400000),
                           server_at(130 * second, 12, 0x500000)};
  all[0].forked_from = 4700;
  all[0].forked_ns = 90 * second;
  dump& last = all[2];
  last.missed = 3;

  // A cycle that nothing outside holds: each one's handle lies in the other one.
  last.objects.push_back(
      made(session_type, 0xa0000, {held_at(0xb0010, 60 * second, accept_stack)}));
  last.objects.push_back(
      made(connection_type, 0xb0000, {held_at(0xa0020, 61 * second, accept_stack)}));

  // A thread holds the listener; the listener owns a connection; the connection's type declares that
  // it keeps a session.
  object listener =
      made(listener_type, 0xc0000, {held_at(0, 5 * second, accept_stack, none, main_thread)});
  listener.held[0].kind = reference_kind::existence;
  listener.held.push_back(held_at(0x7fff10, 7 * second, accept_stack, none, main_thread));
  listener.references = 2;
  object connection =
      made(connection_type, 0xd0000, {held_at(0, 70 * second, serve_stack, none, worker_thread)});
  connection.held[0].owner = 0xc0000;
  connection.keeps = {0xe0000};
  object kept = made(session_type, 0xe0000);
  kept.state = "live";
  kept.history = {{70 * second, worker_thread, accept_stack, deed::born, 0},
                  {71 * second, worker_thread, serve_stack, deed::got, 0x7fff20},
                  {72 * second, worker_thread, none, deed::put, 0x7fff20}};
  last.objects.push_back(std::move(listener));
  last.objects.push_back(std::move(connection));
  last.objects.push_back(std::move(kept));

  last.objects.push_back(
      made(evil_type, 0xf0000, {held_at(0x7fff30, 2 * second, evil_stack, evil_tag, evil_thread)}));
  last.dead = {{session_type, 0x99000, 80 * second, 95 * second, main_thread, worker_thread,
                accept_stack, serve_stack},
               {connection_type, 0x98000, 20 * second, 120 * second, main_thread, main_thread,
                accept_stack, none}};
  return all;
}

std::vector<std::string> server_frames(const dump& of, std::uint64_t address) {
  static const std::map<std::uint64_t, std::vector<std::string>> frames = {
      {0x110,
       {"lastout::make<>  include/lastout/external.hpp:90", "app::accept_one  server.cpp:41"}},
      {0x220, {"main  main.cpp:12"}},
      {0x330, {"app::serve  worker.cpp:77"}},
      {0x440, {hostile_frame}}};
  const auto found = frames.find(address - of.modules[0].begin);
  return found == frames.end() ? std::vector<std::string>() : found->second;
}

dump large(std::size_t objects, std::size_t references, std::size_t stacks) {
  dump of;
  of.pid = 1;
  of.now_ns = 1000 * second;
  of.real_ns = boot_real + of.now_ns;
  of.program = "/opt/app/large";
  of.settings = "all";
  for (const char* name : {"app::page", "app::inode", "app::dentry", "app::buffer"})
    of.types.push_back({name, 64, 1, objects, 0, references, 0, 0, 0, 0});
  for (std::uint32_t i = 0; i < 100; ++i) of.threads.push_back({1000 + i, true, "worker"});
  for (std::size_t i = 0; i < stacks; ++i) {
    std::vector<std::uint64_t> stack;
    for (std::size_t depth = 0; depth < 12; ++depth)
      stack.push_back(0x400000 + (i >> depth) * 16 + depth);
    of.stacks.push_back(std::move(stack));
  }
  for (std::size_t i = 0; i < objects; ++i)
    of.objects.push_back(made(static_cast<std::uint32_t>(i % 4), 0x10000000 + i * 64));
  // Each of the first half keeps the next one.
  for (std::size_t i = 1; i < objects / 2; ++i)
    of.objects[i].held.push_back(held_at(of.objects[i - 1].address + 8, i));
  for (std::size_t i = 0; i < references; ++i) {
    object& to = of.objects[objects / 2 + i * 7919 % (objects - objects / 2)];
    to.held.push_back(held_at(0x7f0000000000 + i * 8, 500 * second + i * 100,
                              static_cast<std::uint32_t>(i * 31 % stacks), none,
                              static_cast<std::uint32_t>(i % 100)));
  }
  for (object& each : of.objects) {
    each.references = static_cast<std::uint32_t>(each.held.size());
    if (!each.held.empty()) each.state = "live";
  }
  return of;
}

}  // namespace lastout::ledger_reader
