// counts.cpp - instructions of one operation, as callgrind counts them: the same on a busy machine.
//
// Few objects: what a cache miss costs is not counted anyway, and callgrind is slow.

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>

#include "cost.hpp"
#include "helper.hpp"

namespace bench {
namespace {

constexpr std::uint64_t objects = 4000;
constexpr std::uint64_t times = 4000;
constexpr const char* of_a_dump = "desc: Trigger: Client Request: ";

// A folder of our own, which goes with all that is in it.
class own_folder {
 public:
  explicit own_folder(const std::string& in) {
    std::string name = in + "/lastout-counts-XXXXXX";
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("cannot make a folder in " + in);
    path = name;
  }
  own_folder(const own_folder&) = delete;
  own_folder& operator=(const own_folder&) = delete;
  ~own_folder() {
    std::error_code failed;
    std::filesystem::remove_all(path, failed);
  }
  std::filesystem::path path;
};

// One dump of callgrind's: what it is of, and its total.
bool read(const std::filesystem::path& file, counted& out) {
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with(of_a_dump)) out.task = line.substr(std::string(of_a_dump).size());
    if (line.starts_with("totals: ")) {
      out.instructions = std::stod(line.substr(8)) / static_cast<double>(times);
    }
  }
  return !out.task.empty();
}

std::vector<counted> count(const way& how, const settings& wanted) {
  const own_folder folder(wanted.folder);
  {
    helper callgrind({"valgrind", "--tool=callgrind", "--quiet", "--collect-atstart=no",
                      "--log-file=" + (folder.path / "log").string(),
                      "--callgrind-out-file=" + (folder.path / "counts").string(),
                      worker(how.compiled_in), how.choice, "count", std::to_string(objects),
                      std::to_string(times)});
    callgrind.wait();
  }
  std::vector<counted> out;
  for (unsigned i = 1;; ++i) {
    counted one{};
    one.how = &how;
    const auto file = folder.path / ("counts." + std::to_string(i));
    if (!std::filesystem::exists(file)) return out;
    if (read(file, one)) out.push_back(one);
  }
}

}  // namespace

std::vector<counted> count_instructions(const settings& wanted, std::string& why_not) {
  if (std::system("valgrind --version > /dev/null 2>&1") != 0) {
    why_not = "valgrind is missing";
    return {};
  }
  std::vector<counted> out;
  for (const way& how : ways()) {
    const std::vector<counted> more = count(how, wanted);
    if (more.empty()) throw std::runtime_error("callgrind has counted nothing");
    out.insert(out.end(), more.begin(), more.end());
  }
  return out;
}

}  // namespace bench
