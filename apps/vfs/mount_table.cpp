// mount_table.cpp - crossing mounts both ways, and taking them away.

#include <vfs/mount_table.hpp>

#include <mutex>
#include <utility>

#include <lastout/in_slab.hpp>

namespace lastout::vfs {

const mount_table::slot* mount_table::find(const mount* at, const dentry* name) const noexcept {
  for (const slot& each : slots_) {
    const place& on = each.address->on_;
    if (on.at == at && on.name == name) return &each;
  }
  return nullptr;
}

int mount_table::add(active<superblock> super, external<dentry> root, place on) {
  dentry* const point = on.name.address();
  const mount* const below = on.at.address();
  external<mount> made;  // put after the lock
  const std::unique_lock<std::shared_mutex> guard(lock_);
  made = make<mount>(next_++, std::move(super), std::move(root), std::move(on));
  if (!made) return ENOMEM;
  if (below == nullptr ? !slots_.empty() : find(below, point) != nullptr) {
    made.kill_on_put();  // the table never had its own reference
    return EBUSY;
  }
  slots_.push_back({made.address(), {*made, lock_}});
  note_top();
  if (point != nullptr) point->count_mount(1);
  return 0;
}

// Who finds a mount here that is taken off just now stands in a detached tree, as if he had come
// earlier.
external<mount> mount_table::top() const {
  // relaxed: get_not_zero acquires
  return internal<mount, slab<mount>>::from_number(top_.load(order::relaxed)).get_not_zero();
}

void mount_table::note_top() noexcept {
  const internal<mount, slab<mount>> first =
      slots_.empty() ? internal<mount, slab<mount>>()
                     : internal<mount, slab<mount>>(*slots_.front().address);
  top_.store(first.number(), order::relaxed);  // relaxed: see top()
}

void mount_table::cross_down(place& here) const {
  while (here.name->mounted_on()) {
    external<mount> up;
    {
      const std::shared_lock<std::shared_mutex> guard(lock_);
      const slot* const found = find(here.at.address(), here.name.address());
      if (found != nullptr) up = found->listed.get_not_zero(guard);
    }
    if (!up) return;  // mounted there through another mount of the same superblock, or just going
    external<dentry> name = external<dentry>::get(up->root());
    here = {std::move(up), std::move(name)};
  }
}

bool mount_table::cross_up(place& here) const {
  place below;
  {
    const std::shared_lock<std::shared_mutex> guard(lock_);
    below = here.at->on_;
  }
  if (!below.at) return false;
  here = std::move(below);
  return true;
}

int mount_table::remove(std::uint64_t number) {
  killed<mount> gone;  // dismantled after the lock
  const std::unique_lock<std::shared_mutex> guard(lock_);
  for (auto at = slots_.begin(); at != slots_.end(); ++at) {
    if (at->address->number() != number) continue;
    gone = at->address->reclaim();
    if (!gone) return EBUSY;
    if (at->address->on_.name) at->address->on_.name->count_mount(-1);
    slots_.erase(at);
    note_top();
    return 0;
  }
  return EINVAL;
}

int mount_table::detach(std::uint64_t number) {
  std::vector<external<mount>> off;  // put after the lock, the topmost first
  std::vector<place> places;
  const std::unique_lock<std::shared_mutex> guard(lock_);
  const auto among = [&](const mount* wanted) {
    for (const external<mount>& each : off) {
      if (each == wanted) return true;
    }
    return false;
  };
  for (auto at = slots_.begin(); at != slots_.end();) {
    mount& each = *at->address;
    if (each.number() != number && !among(each.on_.at.address())) {
      ++at;
      continue;
    }
    // never refused: the table has its own reference
    external<mount> held = at->listed.get_not_zero(guard);
    held.kill_on_put();
    if (each.on_.name) each.on_.name->count_mount(-1);
    places.push_back(std::exchange(each.on_, {}));
    off.push_back(std::move(held));
    at = slots_.erase(at);
  }
  note_top();
  return off.empty() ? EINVAL : 0;
}

std::vector<external<mount>> mount_table::all() const {
  std::vector<external<mount>> out;
  const std::shared_lock<std::shared_mutex> guard(lock_);
  for (auto at = slots_.rbegin(); at != slots_.rend(); ++at) {
    external<mount> held = at->listed.get_not_zero(guard);
    if (held) out.push_back(std::move(held));
  }
  return out;
}

}  // namespace lastout::vfs
