// inputs.cpp - the inputs that the fuzzers have kept, as cases of their own: one for each fuzzer.

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

#include <gtest/gtest.h>

#include "driver.hpp"

using input_function = int(const std::uint8_t* data, std::size_t size);
extern "C" input_function lastout_input_of_words, lastout_input_of_styles, lastout_input_of_cache,
    lastout_input_of_registry;

namespace {

struct fuzzer {
  const char* name;
  input_function* run;
};
constexpr fuzzer fuzzers[] = {{"words", lastout_input_of_words},
                              {"styles", lastout_input_of_styles},
                              {"cache", lastout_input_of_cache},
                              {"registry", lastout_input_of_registry}};

class corpus_case : public testing::Test {
 public:
  explicit corpus_case(const fuzzer& of) : of_(of) {}
  void TestBody() override {
    std::size_t inputs = 0;
    for (const auto& each :
         std::filesystem::directory_iterator(std::string(LASTOUT_CORPUS "/") + of_.name)) {
      std::ifstream in(each.path(), std::ios::binary);
      const std::vector<char> bytes(std::istreambuf_iterator<char>(in), {});
      of_.run(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
      ++inputs;
    }
    EXPECT_NE(inputs, 0u);
  }

 private:
  const fuzzer& of_;
};

}  // namespace

void lastout::mutant::add_cases() {
  for (const fuzzer& each : fuzzers)
    testing::RegisterTest("models", each.name, nullptr, nullptr, __FILE__, __LINE__,
                          [&each]() -> testing::Test* { return new corpus_case(each); });
}
