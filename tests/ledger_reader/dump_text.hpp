// dump_text.hpp - the text of a dump as a ledger would write it, from what a test wants in it.

#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <initializer_list>
#include <string>

namespace ledger_reader_test {

inline std::string hex(std::uint64_t n) {
  char text[24];
  std::snprintf(text, sizeof text, "0x%llx", static_cast<unsigned long long>(n));
  return text;
}

class dump_text {
 public:
  dump_text() {
    line("lastout-ledger 1");
    line("process 4711 1000000000000 1700000000000000000 /usr/bin/server");
  }

  dump_text& line(const std::string& text) {
    text_ += text + '\n';
    return *this;
  }
  dump_text& type(unsigned number, const std::string& name, unsigned size = 64,
                  unsigned share = 1) {
    return line("type " + std::to_string(number) + ' ' + std::to_string(size) + ' ' +
                std::to_string(share) + ' ' + name);
  }
  dump_text& thread(unsigned number, const std::string& name, bool runs = true) {
    return line("thread " + std::to_string(number) + ' ' + std::to_string(4700 + number) +
                (runs ? " runs " : " ended ") + name);
  }
  dump_text& tag(unsigned number, const std::string& text) {
    return line("tag " + std::to_string(number) + ' ' + text);
  }
  dump_text& stack(unsigned number, std::initializer_list<std::uint64_t> addresses) {
    std::string out = "stack " + std::to_string(number);
    for (const std::uint64_t each : addresses) out += ' ' + hex(each);
    return line(out);
  }
  /// `references`: what its own count says; "-" for none to ask.
  dump_text& object(unsigned type_number, std::uint64_t address, const std::string& references,
                    bool whole = true) {
    ++objects_;
    return line("object " + std::to_string(type_number) + ' ' + hex(address) + ' ' + references +
                (whole ? " live whole 500000000 - -" : " live part - - -"));
  }
  /// `tag` and `stack`: a number or "-".
  dump_text& ref(const std::string& stack_number, const std::string& tag_number = "-",
                 const std::string& kind = "external", std::uint64_t where = 0,
                 std::uint64_t owner = 0, std::uint64_t since_ns = 900'000'000'000,
                 const std::string& thread_number = "-") {
    ++references_;
    return line("ref " + thread_number + ' ' + std::to_string(since_ns) + ' ' + stack_number + ' ' +
                tag_number + ' ' + kind + ' ' + hex(where) + ' ' + hex(owner));
  }

  /// The whole text, with its end.
  [[nodiscard]] std::string whole() const {
    return text_ + "end " + std::to_string(objects_) + ' ' + std::to_string(references_) + '\n';
  }
  /// The text up to here.
  [[nodiscard]] const std::string& so_far() const { return text_; }

 private:
  std::string text_;
  std::size_t objects_ = 0;
  std::size_t references_ = 0;
};

}  // namespace ledger_reader_test
