// filesystem.cpp - birth, devices, mounts, memory and the end.

#include <vfs/filesystem.hpp>

#include <new>
#include <utility>

#include <vfs/file.hpp>
#include <vfs/parts.hpp>
#include <vfs/path_walk.hpp>

namespace lastout::vfs {

filesystem::filesystem(const options& chosen) : parts_(std::make_unique<parts>(chosen)) {
  census::keep_freed(chosen.quarantine_bytes);
  census::restart_peaks();
  parts_->init = parts_->processes.create(nullptr);
  if (!parts_->init) throw std::bad_alloc();
}

filesystem::~filesystem() {
  // relaxed: nobody else is here
  if (!parts_->shut_down.load(order::relaxed)) (void)shutdown(std::chrono::seconds(1));
}

result<void> filesystem::mkfs(std::string_view device) {
  const std::lock_guard<std::mutex> guard(parts_->devices_lock);
  for (const auto& each : parts_->devices) {
    if (each->name() == device) return failure(EEXIST);
  }
  parts_->devices.push_back(
      std::make_unique<store>(std::string(device), parts_->devices.size() + 1));
  return {};
}

result<void> filesystem::mount(std::string_view device, std::string_view at) {
  store* const disk = parts_->device(device);
  if (disk == nullptr) return failure(ENODEV);
  const bool at_top = at.find_first_not_of('/') == std::string_view::npos && !at.empty();
  path_walk walk(*parts_, *parts_->init);
  if (at_top) {
    if (parts_->mounts.top()) return failure(EBUSY);
  } else {
    if (const int wrong = walk.to_end(at, true)) return failure(wrong);
    if (!walk.here_inode().directory()) return failure(ENOTDIR);
    if (walk.here().name == &walk.here().at->root()) return failure(EBUSY);
  }
  result<active<superblock>> super = parts_->superblocks.get(parts_->caches, *disk, "mount");
  if (!super) return super.why();
  external<dentry> root = external<dentry>::get((*super)->root());
  if (at_top) {
    if (const int wrong = parts_->mounts.add(*std::move(super), std::move(root), {}))
      return failure(wrong);
    external<class mount> top = parts_->mounts.top();
    if (top && !parts_->init->directory().at) {
      external<dentry> of_top = external<dentry>::get(top->root());
      parts_->init->set_directory({std::move(top), std::move(of_top)});
    }
    return {};
  }
  const place on = walk.here();
  const std::unique_lock<std::shared_mutex> directory(on.name->of()->lock());  // against rmdir
  if (on.name->of()->links() == 0) return failure(ENOENT);
  if (const int wrong = parts_->mounts.add(*std::move(super), std::move(root), on))
    return failure(wrong);
  return {};
}

result<void> filesystem::unmount(std::string_view at, unmount_how how) {
  std::uint64_t number = 0;
  std::vector<external<file>> open;
  {
    path_walk walk(*parts_, *parts_->init);
    if (const int wrong = walk.to_end(at, true)) return failure(wrong);
    if (walk.here().name != &walk.here().at->root()) return failure(EINVAL);
    number = walk.here().at->number();
    if (how == unmount_how::force) open = walk.here().at->super().open_files();
  }  // the walk's own references would make it busy
  if (how == unmount_how::busy) {
    const int wrong = parts_->mounts.remove(number);
    return wrong == 0 ? result<void>() : failure(wrong);
  }
  for (const external<file>& each : open) {
    if (each->at().number() == number) each->revoke();
  }
  const int wrong = parts_->mounts.detach(number);
  return wrong == 0 ? result<void>() : failure(wrong);
}

std::vector<std::string> filesystem::users(std::string_view at) {
  std::vector<std::string> out;
  path_walk walk(*parts_, *parts_->init);
  if (walk.to_end(at, true) != 0) return out;
  const external<class mount>& here = walk.here().at;
  for (const external<file>& each : here->super().open_files()) {
    if (here == &each->at()) out.push_back("open file " + each->describe());
  }
  for (const external<process>& each : parts_->processes.all()) {
    if (each->directory().at == here)
      out.push_back("directory of pid " + std::to_string(each->pid()));
  }
  return out;
}

void filesystem::sync() {
  for (const active<superblock>& super : parts_->superblocks.active_ones("sync")) {
    for (const external<inode>& each : parts_->inodes.all_of(*super)) {
      const std::shared_lock<std::shared_mutex> content(each->lock());
      each->write_back();
    }
  }
}

memory_use filesystem::usage() {
  memory_use out;
  out.cached_bytes = census::cached_bytes();
  out.cached_peak = census::cached_peak();
  const std::lock_guard<std::mutex> guard(parts_->devices_lock);
  for (const auto& each : parts_->devices) out.store_bytes += each->bytes();
  return out;
}

std::size_t filesystem::shrink(std::size_t target_bytes) { return parts_->shrink(target_bytes); }

std::vector<std::string> filesystem::shutdown(std::chrono::milliseconds deadline) {
  const auto until = std::chrono::steady_clock::now() + deadline;
  parts_->shut_down.store(true, order::relaxed);  // relaxed: see the destructor
  for (const external<process>& each : parts_->processes.all()) {
    if (each != parts_->init) destroy(*each);
  }
  parts_->runnable.clear();
  if (parts_->init) {
    const std::vector<external<process>> children = parts_->init->orphans();
    parts_->init->destroy(0);
    parts_->init.put();
  }
  for (const external<class mount>& each : parts_->mounts.all())
    (void)parts_->mounts.detach(each->number());
  parts_->superblocks.close_all();
  return parts_->superblocks.wait_until_empty(until);
}

std::vector<type_statistics> filesystem::statistics() { return census::since(parts_->birth); }

std::vector<std::string> filesystem::audit() {
  std::vector<std::string> out = census::findings_since(parts_->birth);
  for (const type_statistics& each : statistics()) {
    if (each.born != each.freed) {
      out.push_back(each.type + ": " + std::to_string(each.born) + " born, " +
                    std::to_string(each.freed) + " freed");
    }
    // The first reference of a buffer is its page's, which is never put.
    const std::uint64_t first = each.type == name(kind::buffer) ? 0 : each.born;
    if (first + each.got + each.resurrected != each.put) {
      out.push_back(each.type + ": " + std::to_string(first + each.got + each.resurrected) +
                    " references taken, " + std::to_string(each.put) + " put");
    }
  }
  return out;
}

}  // namespace lastout::vfs
