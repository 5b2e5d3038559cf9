// page.cpp - see page.hpp.

#include "page.hpp"

#include <algorithm>
#include <map>
#include <stdexcept>
#include <string_view>

#include <embedded/report_css.hpp>
#include <embedded/report_html.hpp>
#include <embedded/report_js.hpp>

#include "page_facts.hpp"

namespace lastout::ledger_reader {
namespace {

/// The template with each @word@ replaced. What is put in is not looked at again: a tag named
/// "@script@" stays one.
std::string filled(std::string_view text,
                   const std::map<std::string_view, std::string_view>& words) {
  std::string out;
  while (true) {
    const std::size_t begin = text.find('@');
    out += text.substr(0, begin);
    if (begin == std::string_view::npos) return out;
    const std::size_t end = text.find('@', begin + 1);
    out += words.at(text.substr(begin + 1, end - begin - 1));
    text.remove_prefix(end + 1);
  }
}

}  // namespace

std::string page(const std::vector<dump>& dumps, const frame_names& names,
                 const page_bounds& bounds) {
  if (dumps.empty()) throw std::invalid_argument("a report needs at least one dump");
  std::vector<const dump*> in_time;
  in_time.reserve(dumps.size());
  for (const dump& each : dumps) in_time.push_back(&each);
  std::sort(in_time.begin(), in_time.end(), [](const dump* a, const dump* b) {
    return a->real_ns != b->real_ns ? a->real_ns < b->real_ns : a < b;
  });
  const std::string facts = page_facts(in_time, names, bounds);
  return filled(embedded::report_html, {{"facts", facts},
                                        {"script", embedded::report_js},
                                        {"script_hash", embedded::report_js_sha256},
                                        {"style", embedded::report_css},
                                        {"style_hash", embedded::report_css_sha256}});
}

}  // namespace lastout::ledger_reader
