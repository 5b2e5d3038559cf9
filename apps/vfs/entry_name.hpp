// entry_name.hpp - a directory and a name in it, which change together while others compare them.
//
// A look-up compares without a lock and without a write: it reads a version, the name as words, and
// the version again. When the two differ, or the first is odd, the name is being changed; then it
// is the answer "another one": who changes a dentry's name has taken it out of the cache first. A
// name of more than 32 bytes is compared under a lock.
//
// Edges:
//   (1) -> (2)  who sees the end of a change sees all of it.
//   (3) -> (4)  who sees a part of a change sees, afterwards, that there is one.
//
// Lock order     lock_ is a leaf.
// Who holds references
//                it holds one of the directory.
// Source: Linux include/linux/seqlock.h, fs/dcache.c (d_seq, d_iname); Boehm, "Can seqlocks get
// along with programming language memory models?", MSPC 2012: loads that acquire, no fence.

#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include <lastout/atomic.hpp>
#include <lastout/external.hpp>
#include <lastout/spin_lock.hpp>
#include <vfs/limits.hpp>

namespace lastout::vfs {

class dentry;

class entry_name {
 public:
  entry_name(external<dentry> directory, std::string_view text);
  entry_name(const entry_name&) = delete;
  entry_name& operator=(const entry_name&) = delete;
  /// Puts the directory.
  ~entry_name();

  /// A moment's answer; a name that is being changed is none.
  [[nodiscard]] inline bool is(const dentry* directory, std::string_view text) const noexcept;
  /// Requires  nobody changes the other one.
  [[nodiscard]] bool is(const entry_name& other) const noexcept;
  [[nodiscard]] static std::size_t hash_of(const dentry* directory,
                                           std::string_view text) noexcept {
    const std::size_t mixed = reinterpret_cast<std::uintptr_t>(directory) / 64 * 0x9e3779b97f4a7c15;
    return std::hash<std::string_view>{}(text) ^ mixed ^ mixed >> 32;
  }
  [[nodiscard]] std::size_t hash() const noexcept {
    // relaxed: whoever may rely on the name has been given it; for others a hint
    return hash_.load(order::relaxed);
  }

  [[nodiscard]] external<dentry> directory() const noexcept;
  [[nodiscard]] std::string text() const;
  /// The bytes that it occupies elsewhere.
  [[nodiscard]] std::size_t bytes_besides() const noexcept;

  // Who changes, and nobody else.

  /// Borrowed.
  [[nodiscard]] dentry* directory_now() const noexcept {
    // relaxed: only this thread changes it
    return directory_.load(order::relaxed);
  }
  /// A new name, ready to be taken on.
  struct change {
    external<dentry> directory;
    std::size_t hash;
    std::string_view text;
    std::unique_ptr<char[]> copy;  // of a long one
  };
  [[nodiscard]] static change prepare(external<dentry> directory, std::string_view text);
  /// Exchanges the two: what was the name is in `other` afterwards, but its text.
  void take_on(change& other) noexcept;

 private:
  using word = std::uint64_t;
  using buffer = std::array<char, name_length_max>;
  static constexpr std::size_t short_max = 32;
  static constexpr std::size_t words_max = short_max / sizeof(word);

  void set(change& to) noexcept;
  std::string_view copy_to(buffer& out) const noexcept;
  [[nodiscard]] static inline word packed(std::string_view bytes) noexcept;
  [[nodiscard]] inline bool same_words(std::string_view text) const noexcept;
  [[nodiscard]] bool same_long(const dentry* directory, std::string_view text) const noexcept;

  // What a look-up reads comes first. Written with lock_ held.
  atomic<std::uint32_t> version_{0};  // odd: being changed
  atomic<std::uint32_t> length_{0};
  atomic<dentry*> directory_{nullptr};         // an external reference, when there is one
  std::array<atomic<word>, words_max> words_;  // of a short one; zeros behind it
  atomic<std::size_t> hash_{0};
  mutable spin_lock lock_;
  std::unique_ptr<char[]> long_;  // guarded by lock_
};

bool entry_name::is(const dentry* directory, std::string_view text) const noexcept {
  const std::uint32_t before = version_.load(order::acquire);  // (2) pairs with (1)
  // (4) pairs with (3), here and in same_words
  if (before % 2 != 0 || directory_.load(order::acquire) != directory ||
      length_.load(order::acquire) != text.size())
    return false;
  if (text.size() > short_max) return same_long(directory, text);
  // relaxed: after loads that acquire
  return same_words(text) && version_.load(order::relaxed) == before;
}

// At most eight; the first one lowest, zeros above the last one.
entry_name::word entry_name::packed(std::string_view bytes) noexcept {
  word out = 0;
  if (std::endian::native == std::endian::little && bytes.size() == sizeof out) {
    std::memcpy(&out, &bytes.front(), sizeof out);
  } else {
    for (; !bytes.empty(); bytes.remove_suffix(1))
      out = out << 8 | static_cast<unsigned char>(bytes.back());
  }
  return out;
}

bool entry_name::same_words(std::string_view text) const noexcept {
  std::size_t i = 0;
  for (; text.size() >= sizeof(word); ++i, text.remove_prefix(sizeof(word)))
    if (words_[i].load(order::acquire) != packed(text.substr(0, sizeof(word)))) return false;
  return text.empty() || words_[i].load(order::acquire) == packed(text);
}

}  // namespace lastout::vfs
