// parts.cpp - the memory budget: who goes when there is too much.

#include <vfs/parts.hpp>

#include <algorithm>

namespace lastout::vfs {

void parts::evict() {
  const std::unique_lock<std::mutex> one(shrinking_, std::try_to_lock);
  if (!one.owns_lock()) return;  // somebody is at it
  shrink(chosen.budget_bytes - chosen.budget_bytes / 8);
}

// Each kind gives in proportion to what it takes. Pages go first, dentries next: with those, inodes
// become idle.
std::size_t parts::shrink(std::size_t target) {
  for (int fruitless = 0; fruitless < 3;) {
    const std::size_t now = census::cached_bytes();
    if (now <= target) return now;
    const std::size_t excess = now - target;
    const auto share = [&](std::size_t of) {
      return std::max<std::size_t>(1, of / 1024 * (excess / 1024 + 1) / (now / 1024 + 1) * 1024);
    };
    pages.shrink(share(census::bytes_of(kind::page) + census::bytes_of(kind::buffer)));
    dentries.shrink(share(census::bytes_of(kind::dentry)));
    inodes.shrink(share(census::bytes_of(kind::inode)));
    fruitless = census::cached_bytes() < now ? 0 : fruitless + 1;
  }
  return census::cached_bytes();
}

store* parts::device(std::string_view name) {
  const std::lock_guard<std::mutex> guard(devices_lock);
  const auto at = std::find_if(devices.begin(), devices.end(),
                               [&](const auto& each) { return each->name() == name; });
  return at == devices.end() ? nullptr : at->get();
}

}  // namespace lastout::vfs
