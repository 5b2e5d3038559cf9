// census.cpp - the tallies, the living, and what is wrong with them.

#include <vfs/census.hpp>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <mutex>

#include <lastout/ledger.hpp>
#include <vfs/quarantine.hpp>

namespace lastout::vfs {

const char* name(kind which) noexcept {
  switch (which) {
    case kind::superblock: return "superblock";
    case kind::mount: return "mount";
    case kind::dentry: return "dentry";
    case kind::inode: return "inode";
    case kind::file: return "file";
    case kind::page: return "page";
    case kind::buffer: return "buffer";
    case kind::process: return "process";
  }
  return "unknown";
}

namespace census {
namespace {

// What stands before each object. Living ones are in a list; the words are the block's own and are
// not poisoned.
struct block {
  block* previous = nullptr;
  block* next = nullptr;
  describe_function describe = nullptr;
  std::uint64_t serial = 0;
  std::uint32_t bytes = 0;
  std::uint32_t state = 0;
  label last;
  kind which = kind::superblock;
  const memory_source* from = nullptr;

  void* object() noexcept { return reinterpret_cast<char*>(this) + block_bytes; }
  static block& of(void* object) noexcept {
    return *reinterpret_cast<block*>(static_cast<char*>(object) - block_bytes);
  }
};
static_assert(sizeof(block) <= block_bytes && block_bytes % alignof(std::max_align_t) == 0);
constexpr std::uint32_t living_mark = 0x11feb10c;
constexpr std::uint32_t freed_mark = 0x0deadb10;

struct shard {
  std::mutex lock;
  block* first = nullptr;
};
constexpr std::size_t shards = 16;

// One for the process, never destroyed: threads that end late still count.
struct registry {
  std::mutex tallies_lock;
  tally* tallies = nullptr;
  shard living[shards];
  atomic<std::uint64_t> serial{1};
  atomic<std::uint64_t> alive[kinds] = {};
  atomic<std::uint64_t> peak[kinds] = {};
  atomic<std::size_t> bytes[kinds] = {};
  atomic<std::size_t> cached{0};
  atomic<std::size_t> cached_peak{0};
  quarantine graves;
  std::mutex findings_lock;
  std::vector<std::string> findings;
};

registry& all() noexcept {
  static registry* const only =
      new registry;  // NOLINT(bugprone-unhandled-exception-at-new): at start-up
  return *only;
}

shard& shard_of(const block& each) noexcept {
  return all().living[reinterpret_cast<std::uintptr_t>(&each) / 64 % shards];
}

template <class T>
void raise(atomic<T>& peak, T to) noexcept {
  T seen = peak.load(order::relaxed);  // relaxed, here and below: statistics
  while (seen < to && !peak.compare_exchange_weak(seen, to, order::relaxed, order::relaxed)) {
  }
}

struct tally_return {
  tally* mine = nullptr;
  ~tally_return() {
    if (mine == nullptr) return;
    per_thread<tally_slot>().mine = nullptr;
    const std::lock_guard<std::mutex> guard(all().tallies_lock);
    mine->taken = false;
  }
};

}  // namespace

void find(std::string what) {
  constexpr std::size_t findings_max = 256;
  const std::lock_guard<std::mutex> guard(all().findings_lock);
  if (all().findings.size() < findings_max) all().findings.push_back(std::move(what));
}

std::string name_of_freed(const void* object) { return all().graves.name_of(object); }

tally& tally_of_new_thread() noexcept {
  static thread_local tally_return at_end;
  registry& census = all();
  const std::lock_guard<std::mutex> guard(census.tallies_lock);
  tally* found = census.tallies;
  while (found != nullptr && found->taken) found = found->next;
  if (found == nullptr) {
    found = new tally;  // NOLINT(bugprone-unhandled-exception-at-new): once for each thread
    found->next = census.tallies;
    census.tallies = found;
  }
  found->taken = true;
  at_end.mine = found;
  per_thread<tally_slot>().mine = found;
  return *found;
}

void charge(kind which, std::ptrdiff_t bytes) noexcept {
  registry& census = all();
  const auto k = static_cast<std::size_t>(which);
  census.bytes[k].fetch_add(static_cast<std::size_t>(bytes), order::relaxed);
  if (std::find(std::begin(cached_kinds), std::end(cached_kinds), k) == std::end(cached_kinds))
    return;
  const std::size_t now = census.cached.fetch_add(static_cast<std::size_t>(bytes), order::relaxed) +
                          static_cast<std::size_t>(bytes);
  if (bytes > 0) raise(census.cached_peak, now);
}

const memory_source heap = {.take = [](std::size_t bytes) noexcept { return std::malloc(bytes); },
                            .give = [](void* memory) noexcept { std::free(memory); },
                            .left_alone = 0};

void* allocate(kind which, std::size_t bytes, describe_function describe,
               const memory_source& from) noexcept {
  void* const memory = from.take(block_bytes + bytes);
  if (memory == nullptr) return nullptr;
  registry& census = all();
  block* const made = new (memory) block;
  made->describe = describe;
  made->serial = census.serial.fetch_add(1, order::relaxed);
  made->bytes = static_cast<std::uint32_t>(bytes);
  made->which = which;
  made->from = &from;
  made->state = living_mark;
  const auto k = static_cast<std::size_t>(which);
  raise(census.peak[k], census.alive[k].fetch_add(1, order::relaxed) + 1);
  charge(which, static_cast<std::ptrdiff_t>(block_bytes + bytes));
  shard& home = shard_of(*made);
  const std::lock_guard<std::mutex> guard(home.lock);
  made->next = home.first;
  if (home.first != nullptr) home.first->previous = made;
  home.first = made;
  return made->object();
}

void give_back(void* object) noexcept {
  if (object == nullptr) return;
  block& gone = block::of(object);
  registry& census = all();
  {
    shard& home = shard_of(gone);
    const std::lock_guard<std::mutex> guard(home.lock);
    if (gone.state == living_mark) {
      gone.state = freed_mark;
      (gone.previous != nullptr ? gone.previous->next : home.first) = gone.next;
      if (gone.next != nullptr) gone.next->previous = gone.previous;
    } else {
      const call_stack again = call_stack::here();
      find("something was freed twice, the second time by " +
           to_text(again.frames, call_stack::depth_max));
      return;
    }
  }
  census.alive[static_cast<std::size_t>(gone.which)].fetch_sub(1, order::relaxed);
  charge(gone.which, -static_cast<std::ptrdiff_t>(block_bytes + gone.bytes));
  quarantine::freed grave;
  grave.block = &gone;
  grave.give = gone.from->give;
  grave.memory = static_cast<unsigned char*>(object) + gone.from->left_alone;
  grave.bytes = gone.bytes - gone.from->left_alone;
  // The ledger, asked to keep what is freed, says more of it: who made it, and when.
  if (ledger::quarantine(grave.memory, grave.bytes, grave.block, grave.give)) return;
  grave.type = name(gone.which);
  grave.id = gone.last.id;
  std::memcpy(grave.text, gone.last.text, sizeof grave.text);
  grave.by = call_stack::here();
  census.graves.keep(grave);
}

void set_label(void* object, std::uint64_t id, std::string_view text) noexcept {
  label& to = block::of(object).last;
  to.id = id;
  const std::size_t length = std::min(text.size(), sizeof to.text - 1);
  std::memcpy(to.text, text.data(), length);
  to.text[length] = '\0';
}

std::size_t cached_bytes() noexcept { return all().cached.load(order::relaxed); }
std::size_t bytes_of(kind which) noexcept {
  return all().bytes[static_cast<std::size_t>(which)].load(order::relaxed);
}
std::size_t cached_peak() noexcept { return all().cached_peak.load(order::relaxed); }
void keep_freed(std::size_t bytes_max) noexcept { all().graves.limit(bytes_max); }

void restart_peaks() noexcept {
  registry& census = all();
  for (std::size_t k = 0; k < kinds; ++k)
    census.peak[k].store(census.alive[k].load(order::relaxed), order::relaxed);
  census.cached_peak.store(census.cached.load(order::relaxed), order::relaxed);
}

snapshot take_snapshot() {
  registry& census = all();
  snapshot out;
  {
    const std::lock_guard<std::mutex> guard(census.tallies_lock);
    for (const tally* each = census.tallies; each != nullptr; each = each->next) {
      for (std::size_t k = 0; k < kinds; ++k) {
        for (std::size_t e = 0; e < events; ++e)
          out.counts[k][e] += each->counts[k][e].load(order::relaxed);
        out.evicted[k] += each->evicted[k].load(order::relaxed);
      }
    }
  }
  for (std::size_t k = 0; k < kinds; ++k) out.alive[k] = census.alive[k].load(order::relaxed);
  out.serial = census.serial.load(order::relaxed);
  const std::lock_guard<std::mutex> guard(census.findings_lock);
  out.findings = census.findings.size();
  return out;
}

std::vector<type_statistics> since(const snapshot& then) {
  const snapshot now = take_snapshot();
  std::vector<type_statistics> out;
  for (std::size_t k = 0; k < kinds; ++k) {
    const auto count = [&](event what) {
      return now.counts[k][static_cast<std::size_t>(what)] -
             then.counts[k][static_cast<std::size_t>(what)];
    };
    type_statistics row;
    row.type = name(static_cast<kind>(k));
    row.born = count(event::born);
    row.freed = count(event::released);
    row.alive = now.alive[k] - then.alive[k];
    row.peak = all().peak[k].load(order::relaxed) -
               std::min(then.alive[k], all().peak[k].load(order::relaxed));
    row.got = count(event::got);
    row.put = count(event::put);
    row.refused = count(event::refused);
    row.resurrected = count(event::resurrected);
    row.evicted = now.evicted[k] - then.evicted[k];
    row.bytes = bytes_of(static_cast<kind>(k));
    out.push_back(std::move(row));
  }
  return out;
}

std::vector<std::string> findings_since(const snapshot& then) {
  ledger::settle();  // with chaos, another thread may be in the middle of the last release
  ledger::empty_quarantine();  // what it finds are violations, which are findings
  for (std::string& each : all().graves.damaged()) find(std::move(each));
  std::vector<std::string> out;
  {
    const std::lock_guard<std::mutex> guard(all().findings_lock);
    const std::size_t from = std::min<std::size_t>(then.findings, all().findings.size());
    out.assign(all().findings.begin() + static_cast<std::ptrdiff_t>(from), all().findings.end());
  }
  constexpr std::size_t named_max = 20;  // of each type
  std::size_t named[kinds] = {};
  std::vector<block*> left;
  for (shard& each : all().living) {
    const std::lock_guard<std::mutex> guard(each.lock);
    for (block* living = each.first; living != nullptr; living = living->next) {
      const auto k = static_cast<std::size_t>(living->which);
      if (living->serial >= then.serial && named[k]++ < named_max) left.push_back(living);
    }
  }
  // Not under the lock: to describe itself an object may get and put others, and what frees one
  // takes that lock. Nobody else frees any more.
  for (block* each : left)
    out.push_back(std::string(name(each->which)) +
                  " never freed: " + each->describe(each->object()));
  for (std::size_t k = 0; k < kinds; ++k) {
    if (named[k] > named_max) {
      out.push_back(std::string(name(static_cast<kind>(k))) +
                    " never freed: " + std::to_string(named[k] - named_max) + " more");
    }
  }
  return out;
}

}  // namespace census
}  // namespace lastout::vfs
