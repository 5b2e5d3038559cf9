// place.hpp - where one stands: a directory (or file), and through which mount one came.

#pragma once

#include <lastout/external.hpp>
#include <vfs/dentry.hpp>

namespace lastout::vfs {

class mount;

struct place {
  external<mount> at;
  external<dentry> name;
};

}  // namespace lastout::vfs
