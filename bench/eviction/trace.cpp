// trace.cpp - gzip through zlib, xz through liblzma.

#include "trace.hpp"

#include <array>
#include <fstream>
#include <iterator>
#include <memory>
#include <stdexcept>
#include <utility>

#include <lzma.h>
#include <zlib.h>

#include "key_names.hpp"

namespace eviction {
namespace {

struct known {
  const char* name;
  const char* file;
  std::vector<std::size_t> capacities;
};

// Sizes: of the LIRS paper (Jiang and Zhang, SIGMETRICS 2002) and of the cache2k benchmarks.
const std::vector<known>& known_traces() {
  static const std::vector<known> all = {
      {"2_pools", "2_pools.trace.gz", {50, 100, 200, 300, 400, 500}},
      {"cpp", "cpp.trace.gz", {20, 50, 100, 300, 600, 900}},
      {"gli", "gli.trace.gz", {250, 500, 1'000, 1'500, 2'000, 3'000}},
      {"loop", "loop.trace.gz", {100, 250, 500, 750, 1'000}},
      {"multi1", "multi1.trace.gz", {200, 500, 1'000, 1'500, 2'000}},
      {"multi2", "multi2.trace.gz", {200, 500, 1'000, 2'000, 3'000}},
      {"multi3", "multi3.trace.gz", {200, 500, 1'000, 2'000, 3'000}},
      {"sprite", "sprite.trace.gz", {100, 200, 400, 600, 800, 1'000}},
      {"orm-busy", "orm-busy.trace.xz", {312, 625, 1'250, 2'500, 5'000, 10'000}},
      {"web07", "web07.trace.xz", {75, 150, 300, 600, 1'200, 2'400}}};
  return all;
}

std::string read_gzip(const std::filesystem::path& path) {
  const std::unique_ptr<gzFile_s, int (*)(gzFile)> file(gzopen(path.c_str(), "rb"), &gzclose);
  if (!file) throw std::runtime_error("cannot open " + path.string());
  std::string out;
  std::array<char, 1 << 16> part;
  for (;;) {
    const int count = gzread(file.get(), part.data(), part.size());
    if (count < 0) throw std::runtime_error("not gzip: " + path.string());
    if (count == 0) return out;
    out.append(part.data(), static_cast<std::size_t>(count));
  }
}

std::string read_xz(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string in{std::istreambuf_iterator<char>(file), {}};
  if (!file) throw std::runtime_error("cannot read " + path.string());
  lzma_stream stream = LZMA_STREAM_INIT;
  if (lzma_stream_decoder(&stream, UINT64_MAX, LZMA_CONCATENATED) != LZMA_OK) {
    throw std::runtime_error("no memory for " + path.string());
  }
  const std::unique_ptr<lzma_stream, void (*)(lzma_stream*)> end(&stream, &lzma_end);
  stream.next_in = reinterpret_cast<const std::uint8_t*>(in.data());
  stream.avail_in = in.size();
  std::string out;
  std::array<char, 1 << 16> part;
  for (lzma_ret state = LZMA_OK; state != LZMA_STREAM_END;) {
    stream.next_out = reinterpret_cast<std::uint8_t*>(part.data());
    stream.avail_out = part.size();
    state = lzma_code(&stream, LZMA_FINISH);
    if (state != LZMA_OK && state != LZMA_STREAM_END) {
      throw std::runtime_error("not xz: " + path.string());
    }
    out.append(part.data(), part.size() - stream.avail_out);
  }
  return out;
}

workload read(const known& which, const std::filesystem::path& path) {
  const bool words = path.extension() == ".xz";
  workload out = number_keys(words ? parse_words(read_xz(path)) : parse_lines(read_gzip(path)));
  out.name = which.name;
  out.capacities = which.capacities;
  out.recorded = true;
  return out;
}

}  // namespace

std::vector<recipe> traces(const std::filesystem::path& folder) {
  std::vector<recipe> out;
  for (const known& which : known_traces()) {
    const std::filesystem::path path = folder / which.file;
    if (std::filesystem::exists(path)) {
      out.push_back({which.name, [&which, path] { return read(which, path); }});
    }
  }
  return out;
}

}  // namespace eviction
