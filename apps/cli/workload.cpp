// workload.cpp - see workload.hpp.

#include "workload.hpp"

#include <algorithm>
#include <system_error>
#include <unordered_set>
#include <utility>

#include <fmt/format.h>

#include "digest.hpp"
#include "thread_start.hpp"

namespace cli {
namespace {

using lastout::vfs::unmount_how;
using lastout::vfs::wait_how;

constexpr const char* spare_device = "spare";
constexpr std::size_t buffer_bytes = std::size_t{64} << 10;
constexpr unsigned slice_steps = 64;

std::string unused_name(const imported_tree& tree) {
  std::string name = "/.lastout";
  const auto taken = [&](const std::string& path) {
    const auto same = [&](const auto& each) { return each.path == path; };
    return std::find(tree.directories.begin(), tree.directories.end(), path) !=
               tree.directories.end() ||
           std::any_of(tree.names.begin(), tree.names.end(), same) ||
           std::any_of(tree.symlinks.begin(), tree.symlinks.end(), same);
  };
  while (taken(name)) name += '+';
  return name;
}

// One file in sixteen may be changed for good; the others must equal the host's to the end.
bool expendable(const file_state& file, std::uint64_t seed) {
  return mixed(file.entry() ^ mixed(seed)) % 16 == 0;
}

}  // namespace

workload::workload(lastout::vfs::filesystem& fs, lastout::vfs::process& self, imported_tree& tree,
                   unsigned threads, std::uint64_t seed, complaints& wrong)
    : fs_(fs),
      tree_(tree),
      seed_(seed),
      wrong_(wrong),
      scratch_(unused_name(tree)),
      files_(std::max<std::size_t>(tree.names.size(), 1), seed),
      paths_(std::max<std::size_t>(tree.paths.size(), 1), seed),
      directories_(tree.directories.size(), seed),
      shared_(scratch_ + "/shared", wrong),
      on_mount_(scratch_ + "/mount", wrong) {
  operation_tally unseen;
  actor who(fs, self, unseen);
  const auto must = [&](int error, const std::string& path) {
    if (error != 0) complain(who, "preparing the workers' directories failed", path, error);
  };
  must(who.mkdir(scratch_).error(), scratch_);
  must(who.mkdir(scratch_ + "/shared").error(), "shared");
  must(who.mkdir(scratch_ + "/mount").error(), "mount");
  must(who.mkdir(scratch_ + "/moved").error(), "moved");
  must(fs.mkfs(spare_device).error(), spare_device);
  for (unsigned number = 0; number < threads; ++number) {
    const std::string directory = fmt::format("{}/private-{}", scratch_, number);
    must(who.mkdir(directory).error(), directory);
    workers_.emplace_back(number, seed, directory, wrong).buffer.resize(buffer_bytes);
  }
}

workload::~workload() { stop(); }

void workload::start() {
  started_ = std::chrono::steady_clock::now();
  reaper_ = std::make_unique<reaper>(fs_, others_, wrong_);
  mounts_ = std::make_unique<background>(std::chrono::milliseconds(5), [this] { remount(); });
  const auto asked = static_cast<unsigned>(workers_.size());
  unsigned started = 0;
  for (worker& each : workers_)
    each.thread = start_worker(asked, started++, [this, &each] { run(each); });
}

void workload::stop() {
  if (reaper_ == nullptr) return;
  // relaxed: a flag that carries nothing; join orders the rest
  stop_.store(true, lastout::order::relaxed);
  for (worker& each : workers_) {
    if (each.thread.joinable()) each.thread.join();  // else it could not be started
  }
  stopped_ = std::chrono::steady_clock::now();
  mounts_.reset();

  operation_tally unseen;
  if (const auto last = fs_.spawn(fs_.init())) {
    actor who(fs_, **last, unseen);
    for (worker& each : workers_) each.own.check_kept(who);
    reaper_->expect((*last)->pid());
  } else {
    wrong_.add("spawn failed", std::generic_category().message(last.error()));
  }
  // Whoever is left is runnable, or was ended by somebody else and waits to be noticed.
  while (const auto ready = fs_.next_runnable()) fs_.destroy(*ready, status_of(ready->pid()));
  reaper_->finish();
  reaper_.reset();
}

workload_report workload::so_far() const {
  workload_report out;
  const auto until = stop_.load(lastout::order::relaxed)
                         ? stopped_
                         : std::chrono::steady_clock::now();  // relaxed: a flag
  out.seconds = std::chrono::duration<double>(until - started_).count();
  const auto add = [&out](const operation_tally& tally) {
    for (std::size_t i = 0; i < operations; ++i) {  // relaxed: numbers of about now
      const std::uint64_t done = tally.rows[i].done.load(lastout::order::relaxed);
      out.rows[i].done += done;
      out.rows[i].refused += tally.rows[i].refused.load(lastout::order::relaxed);
      out.done += done;
    }
    out.bytes_read += tally.bytes_read.load(lastout::order::relaxed);
    out.bytes_written += tally.bytes_written.load(lastout::order::relaxed);
    out.files_compared += tally.files_compared.load(lastout::order::relaxed);
  };
  for (const worker& each : workers_) add(each.tally);
  add(others_);
  add(mounting_);
  return out;
}

// The scheduler: as many processes as threads, and a few that wait their turn.
void workload::run(worker& mine) {
  const std::size_t wanted = 2 * workers_.size() + 2;
  while (!stopping()) {
    if (reaper_->left() < wanted) populate(mine);
    auto self = fs_.next_runnable();
    if (!self) {  // all of them are being run
      populate(mine);
      continue;
    }
    actor who(fs_, *self, mine.tally);
    slice(mine, who);
    if (mine.random.once_in(6)) {
      end(who);
    } else if (!self->dying()) {
      fs_.make_runnable(*self);
    }
  }
}

void workload::populate(worker& mine) {
  actor init(fs_, fs_.init(), mine.tally);
  const auto born = init.spawn();
  if (!born) return complain(init, "spawn failed", "init", born.error());
  // relaxed: a name, not a reference
  recent_[mine.random.below(recent_max)].store((*born)->pid(), lastout::order::relaxed);
  reaper_->expect((*born)->pid());
}

void workload::slice(worker& mine, actor& who) {
  for (unsigned i = 0; i < slice_steps && !stopping(); ++i) {
    if (i % 16 == 0 && who.excused()) return;
    step(mine, who);
  }
}

void workload::step(worker& mine, actor& who) {
  const std::uint32_t dice = mine.random.below(1000);
  if (dice < 480) return look_up(mine, who);
  if (dice < 540) return look_up_absent(mine, who);
  if (dice < 760) return read_and_compare(mine, who);
  if (dice < 790) return list(mine, who);
  if (dice < 810) return follow(mine, who);
  if (dice < 825) return go_there(mine, who);
  if (dice < 880) return mine.own.play(who, mine.random);
  if (dice < 955) return shared_.act(who, mine.random);
  if (dice < 975) return on_mount_.act(who, mine.random);
  if (dice < 985) return move_about(mine, who);
  if (dice < 987) return spoil(mine, who);
  if (dice < 997) return fork(mine, who);
  return signal_somebody(mine, who);
}

const file_name& workload::some_file(worker& mine) const {
  return tree_.names[files_.choose(mine.random)];
}

void workload::look_up(worker& mine, actor& who) {
  if (tree_.names.empty()) return;
  const file_name& name = some_file(mine);
  const std::uint32_t before = name.file->version();
  const auto attributes = who.stat(name.path);
  if (name.file->version() != before || !file_state::settled(before)) return;  // somebody was at it
  if (!attributes)
    return complain(who, "a name of the tree was not found", name.path, attributes.error());
  if (attributes->size != name.file->size())
    complain(who, "a file of the tree has another size", name.path);
}

void workload::look_up_absent(worker& mine, actor& who) {
  // The same absent names again and again, as a compiler asks for them along its include path.
  const std::string& directory = tree_.directories[directories_.choose(mine.random)];
  const std::string path = fmt::format("{}/.absent-{}", directory, mine.random.below(8));
  const auto attributes = who.stat(path);
  if (attributes || attributes.error() != ENOENT)
    complain(who, "an absent name was found", path, attributes.error());
}

void workload::read_and_compare(worker& mine, actor& who) {
  if (tree_.names.empty()) return;
  const file_name& name = some_file(mine);
  const std::uint32_t before = name.file->version();
  const auto opened = who.open(name.path, O_RDONLY);
  digest of;
  int error = opened.error();
  while (error == 0 && !stopping()) {
    const auto got = who.read(*opened, mine.buffer);
    error = got.error();
    if (!got || *got == 0) break;
    of.add(std::span<const std::byte>(mine.buffer).first(*got));
  }
  if (opened && !mine.random.once_in(64))
    static_cast<void>(who.close(*opened));  // else the process's end closes it
  if (stopping() || name.file->version() != before || !file_state::settled(before)) return;
  operation_tally::bump(mine.tally.files_compared);
  if (error != 0) return complain(who, "a file of the tree could not be read", name.path, error);
  if (of.value() != name.file->digest())
    complain(who, "contents differ from the host's", name.path);
}

void workload::list(worker& mine, actor& who) {
  const std::string& path = tree_.directories[directories_.choose(mine.random)];
  const auto entries = who.readdir(path);
  if (!entries)
    return complain(who, "a directory of the tree could not be read", path, entries.error());
  std::unordered_set<std::string_view> seen;
  for (const auto& each : *entries) {
    if (!seen.insert(each.name).second)
      complain(who, "readdir told a name twice", path + "/" + each.name);
  }
}

void workload::follow(worker& mine, actor& who) {
  if (tree_.symlinks.empty()) return;
  const symlink_name& link =
      tree_.symlinks[mine.random.below(static_cast<std::uint32_t>(tree_.symlinks.size()))];
  const auto target = who.readlink(link.path);
  if (!target)
    return complain(who, "a symlink of the tree could not be read", link.path, target.error());
  if (*target != link.target) complain(who, "a symlink of the tree has another target", link.path);
  static_cast<void>(who.stat(link.path));  // may lead out of the tree, to nothing
}

void workload::go_there(worker& mine, actor& who) {
  const std::string& path = tree_.directories[directories_.choose(mine.random)];
  const auto gone = who.chdir(path);
  if (!gone) return complain(who, "chdir into the tree failed", path, gone.error());
  const auto back =
      who.stat("./../.");  // from wherever another thread may have taken the same process
  if (!back) complain(who, "the directory above was not found", path, back.error());
  const auto cwd = who.getcwd();
  if (!cwd) complain(who, "getcwd failed", path, cwd.error());
}

// A file leaves its place for a moment: others find it, or do not; it comes back as it was.
void workload::move_about(worker& mine, actor& who) {
  if (tree_.names.empty()) return;
  const file_name& name = some_file(mine);
  if (!name.file->begin_motion(name.file->version())) return;
  const std::string away = fmt::format("{}/moved/{}", scratch_, name.file->entry());
  const auto gone = who.rename(name.path, away);
  if (!gone) {
    if (gone.error() != EXDEV)
      complain(who, "rename of a file of the tree failed", name.path, gone.error());
    return name.file->end_motion();
  }
  const auto back = who.rename(away, name.path);
  if (!back) {
    complain(who, "rename back failed", name.path, back.error());
    return name.file->give_up();
  }
  name.file->end_motion();
}

void workload::spoil(worker& mine, actor& who) {
  if (tree_.names.empty()) return;
  const file_name& name = some_file(mine);
  if (!expendable(*name.file, seed_) || !name.file->begin_motion(name.file->version())) return;
  name.file->give_up();
  if (mine.random.once_in(2)) {
    const auto gone = who.unlink(name.path);
    if (!gone) complain(who, "unlink of a file of the tree failed", name.path, gone.error());
    return;
  }
  const auto opened = who.open(name.path, O_WRONLY | O_APPEND);
  if (!opened) return complain(who, "open of a file of the tree failed", name.path, opened.error());
  const auto written = who.write(*opened, std::as_bytes(std::span("changed")));
  if (!written) complain(who, "write to a file of the tree failed", name.path, written.error());
  static_cast<void>(who.close(*opened));
}

void workload::fork(worker& mine, actor& who) {
  if (reaper_->left() > 8 * workers_.size() + 16) return;
  const auto child = who.spawn();
  if (!child) return complain(who, "spawn failed", "a process", child.error());
  const auto pid = (*child)->pid();
  // relaxed: a name, not a reference
  recent_[mine.random.below(recent_max)].store(pid, lastout::order::relaxed);
  reaper_->expect(pid);
  if (mine.random.once_in(2)) return;  // it runs on its own; init waits for it
  actor other(fs_, **child, mine.tally);
  for (int i = 0; i < 8; ++i) look_up(mine, other);
  end(other);
  const auto status = who.wait(pid, wait_how::no_hang);
  if (status) {
    reaper_->waited_for(pid);
    if (*status != status_of(pid))
      complain(who, "a child ended with a status that nobody gave", fmt::format("pid {}", pid));
  } else if (status.error() != ECHILD && status.error() != EAGAIN) {
    complain(who, "wait for a child failed", fmt::format("pid {}", pid), status.error());
  }
}

void workload::signal_somebody(worker& mine, actor& who) {
  // relaxed: find() decides
  const auto pid = recent_[mine.random.below(recent_max)].load(lastout::order::relaxed);
  const auto found = pid == 0 ? lastout::external<lastout::vfs::process>() : fs_.find(pid);
  if (!found) return;  // ended already: a normal answer
  if (found->pid() != pid) complain(who, "find gave another process", fmt::format("pid {}", pid));
  who.destroy(*found, status_of(pid));
}

void workload::end(actor& who) { who.destroy(who.self(), status_of(who.self().pid())); }

// A second filesystem comes and goes below the workers' feet.
void workload::remount() {
  const std::string at = scratch_ + "/mount";
  actor who(fs_, fs_.init(), mounting_);
  const auto mounted = who.mount(spare_device, at);
  if (!mounted) return complain(who, "mount failed", at, mounted.error());
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  busy_turn_ = !busy_turn_;
  if (busy_turn_) {
    const auto gone = who.unmount(at, unmount_how::busy);
    if (gone) return;
    if (gone.error() != EBUSY) complain(who, "unmount failed", at, gone.error());
  }
  const auto gone = who.unmount(at, unmount_how::lazy);
  if (!gone) complain(who, "lazy unmount failed", at, gone.error());
}

void workload::complain(actor& who, const char* what, const std::string& path, int error) {
  if (who.excused()) return;
  wrong_.add(what, error == 0
                       ? path
                       : fmt::format("{}: {}", path, std::generic_category().message(error)));
}

}  // namespace cli
