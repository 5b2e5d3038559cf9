// quarantine.cpp - keeping, checking and letting go of freed memory.

#include <vfs/quarantine.hpp>

#include <cstring>
#include <utility>

namespace lastout::vfs {
namespace {

constexpr std::size_t found_max = 64;

}  // namespace

void quarantine::keep(const freed& gone) noexcept {
  std::memset(gone.memory, poison, gone.bytes);
  {
    const std::lock_guard<std::mutex> guard(lock_);
    kept_.push_back(gone);
    bytes_ += gone.bytes;
  }
  let_surplus_go();
}

void quarantine::limit(std::size_t bytes_max) noexcept {
  {
    const std::lock_guard<std::mutex> guard(lock_);
    bytes_max_ = bytes_max;
  }
  let_surplus_go();
}

void quarantine::let_surplus_go() noexcept {
  for (;;) {
    freed oldest;
    {
      const std::lock_guard<std::mutex> guard(lock_);
      if (bytes_ <= bytes_max_) return;
      oldest = kept_.front();
      kept_.pop_front();
      bytes_ -= oldest.bytes;
    }
    let_go(oldest);  // reads all of it: not with the lock held
  }
}

void quarantine::let_go(freed& oldest) {
  if (!intact(oldest)) {
    const std::lock_guard<std::mutex> guard(lock_);
    if (found_.size() < found_max) found_.push_back(describe(oldest));
  }
  oldest.give(oldest.block);
}

std::vector<std::string> quarantine::damaged() {
  const std::lock_guard<std::mutex> guard(lock_);
  std::vector<std::string> out = std::exchange(found_, {});
  for (const freed& each : kept_) {
    if (intact(each)) continue;
    if (out.size() < found_max) out.push_back(describe(each));
    std::memset(each.memory, poison, each.bytes);
  }
  return out;
}

std::string quarantine::name_of(const void* object) {
  const std::lock_guard<std::mutex> guard(lock_);
  for (const freed& each : kept_) {
    if (object < each.memory || object >= each.memory + each.bytes) continue;
    std::string out = std::string(each.type) + ' ' + std::to_string(each.id);
    if (each.text[0] != '\0') out += std::string(" \"") + each.text + '"';
    return out + ", freed by " + to_text(each.by.frames, call_stack::depth_max);
  }
  return {};
}

bool quarantine::intact(const freed& gone) noexcept {
  if (gone.bytes == 0) return true;
  return gone.memory[0] == poison && std::memcmp(gone.memory, gone.memory + 1, gone.bytes - 1) == 0;
}

std::string quarantine::describe(const freed& gone) {
  std::size_t first = 0;
  while (first < gone.bytes && gone.memory[first] == poison) ++first;
  std::string out = std::string(gone.type) + ' ' + std::to_string(gone.id);
  if (gone.text[0] != '\0') out += std::string(" \"") + gone.text + '"';
  return out + " was written to after it was freed, at byte " + std::to_string(first) + " of " +
         std::to_string(gone.bytes) + "; freed by " +
         to_text(gone.by.frames, call_stack::depth_max);
}

}  // namespace lastout::vfs
