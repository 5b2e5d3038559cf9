// texture_cache.cpp - textures of a renderer: loaded by the first frame that wants them, kept while
// the GPU has room, and never evicted while a frame draws with them.
//
// Build: c++ -std=c++20 -Iinclude docs/examples/texture_cache.cpp -pthread

#include <chrono>
#include <cstddef>
#include <cstdio>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <lastout/cache.hpp>

namespace {

constexpr std::size_t room = 1 << 20;  // on the GPU
constexpr int textures_on_disk = 40;   // 64 to 103 KiB each: about three times as much

lastout::atomic<std::size_t> gpu_bytes{0};
lastout::atomic<int> disk_reads{0};

// Memory of the GPU, simulated: only its size.
class image {
 public:
  explicit image(std::size_t bytes) noexcept : bytes_(bytes) {
    gpu_bytes.fetch_add(bytes, lastout::order::relaxed);
  }
  image(const image&) = delete;
  image& operator=(const image&) = delete;
  ~image() { free(); }
  void free() noexcept { gpu_bytes.fetch_sub(std::exchange(bytes_, 0), lastout::order::relaxed); }
  [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }

 private:
  std::size_t bytes_;
};

struct texture : lastout::cached<texture> {
  texture(std::string_view of, std::size_t bytes) : path(of), pixels(bytes) {}
  [[nodiscard]] std::size_t charge() const noexcept { return pixels.bytes(); }

  const std::string path;
  image pixels;
};

// The GPU's memory is free before anybody loads a texture of that path again.
lastout::cache<std::string, texture, &texture::path> textures({
    .idle_charge_max = room,
    .absent_max = 100,
    .on_evict = [](texture& gone, lastout::eviction) { gone.pixels.free(); },
});

lastout::external<texture> load(std::string_view path) {
  disk_reads.fetch_add(1, lastout::order::relaxed);
  const std::size_t slash = path.find('/');
  if (slash == std::string_view::npos) return nullptr;  // no such file
  const int number = std::stoi(std::string(path.substr(slash + 1)));
  return lastout::make<texture>(path, static_cast<std::size_t>(64 + number) << 10);
}

// Who draws keeps what it draws with until the frame is done. Returns  false when something is gone.
bool draw(int frame) {
  std::vector<lastout::external<texture>> in_use;
  for (int i = 0; i < 6; ++i) {
    const int number = i < 3 ? i : (frame / 50 * 3 + i) % textures_on_disk;  // the scene moves on
    const std::string path = frame % 20 == i ? "missing" : "stone/" + std::to_string(number);
    lastout::external<texture> found =
        textures.get_or_create(path, [&] { return load(path); }, std::chrono::hours(1));
    if (found) in_use.push_back(std::move(found));
  }
  bool all_there = true;
  for (const auto& each : in_use) all_there = all_there && each->pixels.bytes() != 0;
  return all_there;
}

}  // namespace

int main() {
  lastout::atomic<int> broken{0};
  std::vector<std::thread> renderers;
  for (int i = 0; i < 4; ++i) {
    renderers.emplace_back([&broken] {
      for (int frame = 0; frame < 1000; ++frame)
        if (!draw(frame)) broken.fetch_add(1, lastout::order::relaxed);
    });
  }
  for (std::thread& each : renderers) each.join();

  const lastout::cache_statistics now = textures.statistics();
  const lastout::named_statistics named[] = {{"textures", now}};
  std::fputs(lastout::open_metrics(named).c_str(), stdout);
  const std::size_t on_gpu = gpu_bytes.load(lastout::order::relaxed);
  return broken.load(lastout::order::relaxed) == 0 && on_gpu <= room && on_gpu == now.idle_charge &&
                 now.pinned_entries == 0 && now.hits > now.misses && now.absent_hits > 0
             ? 0
             : 1;
}
