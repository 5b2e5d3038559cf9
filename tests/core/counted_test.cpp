// counted_test.cpp - a style that a user brings works with the same handles.

#include <cstdint>
#include <memory>
#include <mutex>
#include <new>
#include <string>

#include <gtest/gtest.h>

#include <lastout/internal.hpp>
#include <lastout/kcref.hpp>
#include <lastout/kref.hpp>
#include <lastout/plain.hpp>

#include "core/violations_seen.hpp"

// A C library with a count of its own, as there are many.
extern "C" {
struct c_image {
  int references;
  int width;
};
static int c_images_alive = 0;
static c_image* c_image_new(int width) {
  ++c_images_alive;
  return new c_image{1, width};
}
static void c_image_ref(c_image* image) { ++image->references; }
static void c_image_unref(c_image* image) {
  if (--image->references == 0) {
    --c_images_alive;
    delete image;
  }
}
}

namespace {

using lastout::counted;
using lastout::external;
using lastout::internal;

/// The style: c_image counts, and a handle is a reference of the C library's.
struct image : c_image {
  using counted_root = image;
  static image* open(int width) { return static_cast<image*>(c_image_new(width)); }

 private:
  friend struct lastout::reference_access;
  static void birth_reference() noexcept {}  // c_image_new has counted it
  void get_reference() const noexcept { c_image_ref(self()); }
  void put_reference() const noexcept { c_image_unref(self()); }
  c_image* self() const noexcept { return const_cast<image*>(this); }
};

TEST(counted_test, an_object_of_a_c_library_is_held_by_external_references) {
  {
    external<image> a = external<image>::adopt(image::open(640));
    const external<image> b = a;
    EXPECT_EQ(a->references, 2);
    EXPECT_EQ(b->width, 640);
    a.put();
    EXPECT_EQ(b->references, 1);
    EXPECT_EQ(c_images_alive, 1);
  }
  EXPECT_EQ(c_images_alive, 0);
}

TEST(counted_test, a_reference_travels_through_c_code) {
  external<image> a = external<image>::adopt(image::open(1));
  c_image* const raw = a.leak();
  c_image_ref(raw);
  a = external<image>::adopt(static_cast<image*>(raw));
  EXPECT_EQ(a->references, 2);
  c_image_unref(raw);
}

/// A style with every optional operation.
struct full : lastout::kref<full> {};  // for its birth, get, put
struct every_operation {
  using counted_root = every_operation;
  mutable bool doomed = false;
  mutable int n = 0;
  static inline int freed = 0;
  void birth_reference() noexcept { n = 1; }
  void get_reference() const noexcept { ++n; }
  void get_references(std::uint32_t more) const noexcept { n += static_cast<int>(more); }
  bool get_reference_not_zero() const noexcept { return n != 0 && ++n != 0; }
  void doom_reference() const noexcept { doomed = true; }
  void put_reference() const noexcept {
    if (--n == 0) {
      ++freed;
      delete this;
    }
  }
};

TEST(counted_test, a_style_may_bring_every_optional_operation) {
  std::mutex lock;
  {
    external<every_operation> a = lastout::make<every_operation>();
    external<every_operation> two[2];
    external<every_operation>::get_each(*a, two);
    EXPECT_EQ(a->n, 3);
    const internal<every_operation> in(*a, lock);
    const std::unique_lock held(lock);
    EXPECT_TRUE(in.get_not_zero(held));
    a.kill_on_put();
    EXPECT_TRUE(a->doomed);
  }
  EXPECT_EQ(every_operation::freed, 1);
}

// ---- what is a style, and what is none ----

struct no_root {
  void birth_reference() noexcept;
  void get_reference() const noexcept;
  void put_reference() const noexcept;
};
struct throwing_put {
  using counted_root = throwing_put;
  void birth_reference() noexcept;
  void get_reference() const noexcept;
  void put_reference() const;
};
struct cached : lastout::kcref<cached> {};
struct child;
struct parent : lastout::plain_parent<parent, child> {};
struct child : lastout::plain<child, parent> {};

static_assert(counted<image> && counted<const image>);
static_assert(counted<full> && counted<cached> && counted<child> && counted<every_operation>);
static_assert(!counted<int> && !counted<no_root> && !counted<throwing_put>);
static_assert(!counted<full*> && !counted<std::shared_ptr<int>>);

template <class T>
concept gets_many = requires(T& object) { external<T>::get_each(object, {}); };
template <class T>
concept dooms = requires(external<T>& e) { e.kill_on_put(); };
template <class T>
concept promotes =
    requires(const internal<T>& in, const std::unique_lock<std::mutex>& l) { in.get_not_zero(l); };
static_assert(!gets_many<image> && gets_many<full> && gets_many<every_operation>);
static_assert(!dooms<image> && !dooms<full> && dooms<cached> && dooms<every_operation>);
static_assert(!promotes<image> && promotes<full> && promotes<cached> && !promotes<child>);

}  // namespace
