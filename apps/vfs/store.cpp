// store.cpp - the device's records, entries and blocks.

#include <vfs/store.hpp>

#include <algorithm>
#include <cstring>
#include <utility>

namespace lastout::vfs {

store::store(std::string name, std::uint64_t number) : name_(std::move(name)), number_(number) {
  add({.type = file_type::directory, .mode = 0755, .links = 2, .size = 0});
}

ino_number store::add(const record& first, std::string_view target) {
  const ino_number ino = next_.fetch_add(1, order::relaxed);  // relaxed: only the number matters
  shard& home = shard_of(ino);
  const std::lock_guard<std::mutex> guard(home.lock);
  node& made = home.nodes[ino];
  made.what = first;
  made.target = target;
  bytes_.fetch_add(target.size(), order::relaxed);  // relaxed, here and below: a statistic
  return ino;
}

std::optional<store::record> store::read(ino_number ino) const {
  const shard& home = shard_of(ino);
  const std::lock_guard<std::mutex> guard(home.lock);
  const auto found = home.nodes.find(ino);
  if (found == home.nodes.end()) return std::nullopt;
  return found->second.what;
}

std::string store::target(ino_number ino) const {
  const shard& home = shard_of(ino);
  const std::lock_guard<std::mutex> guard(home.lock);
  const auto found = home.nodes.find(ino);
  return found == home.nodes.end() ? std::string() : found->second.target;
}

void store::write(ino_number ino, const record& now) {
  shard& home = shard_of(ino);
  const std::lock_guard<std::mutex> guard(home.lock);
  const auto found = home.nodes.find(ino);
  if (found != home.nodes.end()) found->second.what = now;
}

void store::remove(ino_number ino) {
  shard& home = shard_of(ino);
  decltype(home.nodes)::node_type gone;
  const std::lock_guard<std::mutex> guard(home.lock);
  gone = home.nodes.extract(ino);
  if (gone.empty()) return;
  bytes_.fetch_sub(gone.mapped().target.size() + gone.mapped().blocks.size() * page_bytes,
                   order::relaxed);
}

std::optional<store::entry> store::find(ino_number directory, std::string_view name) const {
  const shard& home = shard_of(directory);
  const std::lock_guard<std::mutex> guard(home.lock);
  const auto owner = home.nodes.find(directory);
  if (owner == home.nodes.end()) return std::nullopt;
  const auto found = owner->second.entries.find(name);
  if (found == owner->second.entries.end()) return std::nullopt;
  return found->second;
}

void store::enter(ino_number directory, std::string_view name, entry to) {
  shard& home = shard_of(directory);
  const std::lock_guard<std::mutex> guard(home.lock);
  const auto owner = home.nodes.find(directory);
  if (owner != home.nodes.end()) owner->second.entries.insert_or_assign(std::string(name), to);
}

void store::erase(ino_number directory, std::string_view name) {
  shard& home = shard_of(directory);
  const std::lock_guard<std::mutex> guard(home.lock);
  const auto owner = home.nodes.find(directory);
  if (owner == home.nodes.end()) return;
  const auto found = owner->second.entries.find(name);
  if (found != owner->second.entries.end()) owner->second.entries.erase(found);
}

bool store::empty(ino_number directory) const {
  const shard& home = shard_of(directory);
  const std::lock_guard<std::mutex> guard(home.lock);
  const auto owner = home.nodes.find(directory);
  return owner == home.nodes.end() || owner->second.entries.empty();
}

std::vector<directory_entry> store::list(ino_number directory) const {
  const shard& home = shard_of(directory);
  std::vector<directory_entry> out;
  const std::lock_guard<std::mutex> guard(home.lock);
  const auto owner = home.nodes.find(directory);
  if (owner == home.nodes.end()) return out;
  out.reserve(owner->second.entries.size());
  for (const auto& [name, to] : owner->second.entries) out.push_back({name, to.ino, to.type});
  return out;
}

void store::read_block(ino_number ino, std::uint64_t offset, std::span<std::byte> into) const {
  const shard& home = shard_of(ino);
  const std::lock_guard<std::mutex> guard(home.lock);
  const auto owner = home.nodes.find(ino);
  if (owner != home.nodes.end()) {
    const auto found = owner->second.blocks.find(offset / page_bytes);
    if (found != owner->second.blocks.end()) {
      std::memcpy(into.data(), found->second->data() + offset % page_bytes, into.size());
      return;
    }
  }
  std::fill(into.begin(), into.end(), std::byte{0});
}

void store::write_block(ino_number ino, std::uint64_t offset, std::span<const std::byte> from) {
  shard& home = shard_of(ino);
  const std::lock_guard<std::mutex> guard(home.lock);
  const auto owner = home.nodes.find(ino);
  if (owner == home.nodes.end()) return;
  std::unique_ptr<block>& to = owner->second.blocks[offset / page_bytes];
  if (to == nullptr) {
    to = std::make_unique<block>();
    bytes_.fetch_add(page_bytes, order::relaxed);
  }
  std::memcpy(to->data() + offset % page_bytes, from.data(), from.size());
}

void store::truncate(ino_number ino, std::uint64_t size) {
  shard& home = shard_of(ino);
  const std::lock_guard<std::mutex> guard(home.lock);
  const auto owner = home.nodes.find(ino);
  if (owner == home.nodes.end()) return;
  const std::size_t gone = std::erase_if(
      owner->second.blocks, [&](const auto& each) { return each.first * page_bytes >= size; });
  bytes_.fetch_sub(gone * page_bytes, order::relaxed);
}

}  // namespace lastout::vfs
