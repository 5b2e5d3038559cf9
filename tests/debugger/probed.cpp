// probed.cpp - each event at least once: an object in a cache is born, found, put, found again,
// evicted and released, and a get_not_zero is refused.

#include <functional>
#include <mutex>

#include <lastout/cache.hpp>
#include <lastout/internal.hpp>
#include <lastout/kref.hpp>

namespace {

struct texture : lastout::cached<texture> {
  explicit texture(int of) : name(of) {}
  const int name;
};

struct dying : lastout::kref<dying> {
  std::mutex list;
  void release() noexcept {
    {
      const lastout::internal<dying> weak(*this, list);
      std::unique_lock held(list);
      (void)weak.get_not_zero(held);
    }
    delete this;
  }
};

}  // namespace

int main() {
  lastout::cache<int, texture, &texture::name> textures({.idle_charge_max = 1 << 20});
  for (int i = 0; i < 5; ++i) {
    (void)textures.get_or_create(i, [i] { return lastout::make<texture>(i); });
    (void)textures.get(i);
  }
  for (int i = 0; i < 5; ++i) (void)textures.erase(i);
  lastout::make<dying>().put();
}
