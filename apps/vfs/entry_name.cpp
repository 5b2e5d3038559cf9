// entry_name.cpp - comparing words, and changing them.

#include <vfs/entry_name.hpp>

#include <algorithm>
#include <mutex>
#include <utility>

#include <vfs/dentry.hpp>

namespace lastout::vfs {

entry_name::entry_name(external<dentry> directory, std::string_view text) {
  change first = prepare(std::move(directory), text);
  set(first);
}

entry_name::~entry_name() { external<dentry>::adopt(directory_now()).put(); }

entry_name::change entry_name::prepare(external<dentry> directory, std::string_view text) {
  change out{.directory = std::move(directory), .hash = 0, .text = text, .copy = {}};
  out.hash = hash_of(out.directory.address(), text);
  if (text.size() > short_max) {
    out.copy = std::make_unique_for_overwrite<char[]>(text.size());
    std::copy(text.begin(), text.end(), out.copy.get());
  }
  return out;
}

void entry_name::take_on(change& other) noexcept {
  const std::lock_guard<spin_lock> guard(lock_);
  // relaxed: under the lock; (3) below carries it
  const std::uint32_t version = version_.load(order::relaxed);
  version_.store(version + 1, order::relaxed);
  set(other);
  version_.store(version + 2, order::release);  // (1) pairs with (2)
}

void entry_name::set(change& to) noexcept {
  const std::string_view text = to.copy == nullptr ? to.text : std::string_view();
  for (std::size_t i = 0; i < words_max; ++i) {
    const std::size_t at = std::min(text.size(), i * sizeof(word));
    // (3) pairs with (4), all of these
    words_[i].store(packed(text.substr(at, sizeof(word))), order::release);
  }
  length_.store(static_cast<std::uint32_t>(to.text.size()), order::release);
  hash_.store(to.hash, order::release);
  dentry* const before = directory_now();
  directory_.store(to.directory.leak(), order::release);
  to.directory = external<dentry>::adopt(before);
  std::swap(long_, to.copy);
}

bool entry_name::same_long(const dentry* directory, std::string_view text) const noexcept {
  const std::lock_guard<spin_lock> guard(lock_);
  // relaxed: under the lock
  return directory_now() == directory && length_.load(order::relaxed) == text.size() &&
         std::equal(text.begin(), text.end(), long_.get());
}

external<dentry> entry_name::directory() const noexcept {
  const std::lock_guard<spin_lock> guard(lock_);
  dentry* const now = directory_now();
  return now == nullptr ? external<dentry>() : external<dentry>::get(*now);
}

std::string_view entry_name::copy_to(buffer& out) const noexcept {
  const std::lock_guard<spin_lock> guard(lock_);
  // relaxed, here and below: under the lock
  const std::size_t length = length_.load(order::relaxed);
  if (long_ != nullptr) {
    std::copy_n(long_.get(), length, out.begin());
  } else {
    for (std::size_t i = 0; i < length; ++i)
      out[i] =
          static_cast<char>(words_[i / sizeof(word)].load(order::relaxed) >> i % sizeof(word) * 8);
  }
  return {out.data(), length};
}

bool entry_name::is(const entry_name& other) const noexcept {
  buffer its;
  return is(other.directory_now(), other.copy_to(its));
}

std::string entry_name::text() const {
  buffer copy;
  return std::string(copy_to(copy));
}

std::size_t entry_name::bytes_besides() const noexcept {
  // relaxed: who asks is who changes
  const std::size_t length = length_.load(order::relaxed);
  return length > short_max ? length : 0;
}

}  // namespace lastout::vfs
