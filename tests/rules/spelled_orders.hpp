// spelled_orders.hpp - finds, in the text of a header, each atomic operation whose order is not
// spelled, and each edge that has only one end.
//
// It reads text, not C++: it knows the names of the standard's atomic operations and of the atomics
// that the text declares, and how the house numbers its edges:
//
//   word_.store(w, order::release);  // (1) pairs with (2)

#pragma once

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace rules {

class spelled_orders {
 public:
  explicit spelled_orders(std::string_view text) {
    split(text);
    for (std::size_t i = 0; i < lines_.size(); ++i) {
      operations(i);
      bare_uses(i);
      if (lines_[i].code.find("fence(") != std::string::npos) complain(i, "a stand-alone fence");
      if (lines_[i].code.find("seq_cst") != std::string::npos) complain(i, "seq_cst");
    }
    one_ended_edges();
  }

  /// "line 12: what is wrong", each.
  [[nodiscard]] const std::vector<std::string>& complaints() const noexcept { return complaints_; }
  /// How many operations the text has: 0 would mean that the reader is blind.
  [[nodiscard]] std::size_t operations_read() const noexcept { return operations_; }

 private:
  struct line {
    std::string code, comment;
  };

  static bool word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

  // Code and comment of each line; literals lose their content.
  void split(std::string_view text) {
    lines_.emplace_back();
    for (std::size_t i = 0; i < text.size(); ++i) {
      const char c = text[i];
      if (c == '\n') {
        lines_.emplace_back();
      } else if (text.substr(i, 2) == "//") {
        const std::size_t end = std::min(text.find('\n', i), text.size());
        lines_.back().comment = text.substr(i, end - i);
        i = end - 1;
      } else if (c == '"') {
        lines_.back().code += "\"\"";
        for (++i; i < text.size() && text[i] != '"'; ++i) i += text[i] == '\\' ? 1 : 0;
      } else {
        lines_.back().code += c;
      }
    }
    for (const line& each : lines_) declared(each.code);
  }

  // The names of atomics: `atomic<T> name`; `Cell name{`, which stands for one.
  void declared(const std::string& code) {
    if (const std::size_t at = code.find("Cell "); at != std::string::npos) {
      const std::size_t from = at + 5;
      const std::size_t end = code.find('{', from);
      if (end != std::string::npos) atomics_.insert(code.substr(from, end - from));
    }
    for (std::size_t at = code.find("atomic<"); at != std::string::npos;
         at = code.find("atomic<", at + 1)) {
      std::size_t i = at + 7;
      for (int open = 1; i < code.size() && open > 0; ++i) {
        open += code[i] == '<' ? 1 : code[i] == '>' ? -1 : 0;
      }
      while (i < code.size() && code[i] == ' ') ++i;
      std::string name;
      while (i < code.size() && word(code[i])) name += code[i++];
      if (!name.empty() && i < code.size() && code[i] != '(') atomics_.insert(name);
    }
  }

  /// The text from `at` on line `i` to its closing parenthesis, which may be some lines below.
  std::string arguments(std::size_t i, std::size_t at) const {
    std::string all;
    int open = 1;
    for (; i < lines_.size(); ++i, at = 0) {
      for (; at < lines_[i].code.size(); ++at) {
        const char c = lines_[i].code[at];
        open += c == '(' ? 1 : c == ')' ? -1 : 0;
        if (open == 0) return all;
        all += c;
      }
    }
    return all;
  }

  static std::size_t count(const std::string& in, std::string_view what) {
    std::size_t n = 0;
    for (std::size_t at = in.find(what); at != std::string::npos; at = in.find(what, at + 1)) ++n;
    return n;
  }

  void operations(std::size_t i) {
    static constexpr std::string_view names[] = {"load(",
                                                 "store(",
                                                 "exchange(",
                                                 "fetch_add(",
                                                 "fetch_sub(",
                                                 "fetch_or(",
                                                 "fetch_and(",
                                                 "fetch_xor(",
                                                 "compare_exchange_weak(",
                                                 "compare_exchange_strong(",
                                                 "change(order::",
                                                 "change_from(order::"};
    const std::string& code = lines_[i].code;
    for (const std::string_view name : names) {
      for (std::size_t at = code.find(name); at != std::string::npos;
           at = code.find(name, at + 1)) {
        if (at > 0 && word(code[at - 1])) continue;
        const bool step =
            name.starts_with("change");  // a compare-exchange loop with an order as parameter
        if (!step && (at == 0 || (code[at - 1] != '.' && code[at - 1] != '>'))) continue;
        const std::string given = arguments(i, code.find('(', at) + 1);
        ++operations_;
        judge(i, name, given);
      }
    }
  }

  void judge(std::size_t i, std::string_view name, const std::string& given) {
    const std::size_t spelled = count(given, "order::") + count(given, "success");
    const std::size_t needed = name.starts_with("compare_exchange") ? 2 : 1;
    if (spelled < needed) complain(i, "an operation without an order: " + std::string(name));
    const bool orders = count(given, "order::acquire") + count(given, "order::release") +
                            count(given, "order::acq_rel") !=
                        0;
    if (!orders) return;
    if (!note(i)) complain(i, "an order that says not what it pairs with");
  }

  /// Reads "(n) pairs with (m, k)": on a line of its own above the operation, or where its
  /// statement ends.
  bool note(std::size_t i) {
    if (i > 0 && blank(lines_[i - 1].code) && note_on(i - 1)) return true;
    // The operation may stand on its statement's second line: `const auto [seen, did] =`.
    if (i > 1 && lines_[i - 1].code.ends_with('=') && blank(lines_[i - 2].code) && note_on(i - 2))
      return true;
    std::size_t at = i;
    while (at + 1 < lines_.size() && lines_[at].code.find(';') == std::string::npos) {
      if (note_on(at++)) return true;
    }
    if (note_on(at)) return true;
    return ++at < lines_.size() && lines_[at].code.find_first_not_of(" };)") == std::string::npos &&
           note_on(at);
  }

  static bool blank(const std::string& code) {
    return code.find_first_not_of(' ') == std::string::npos;
  }

  bool note_on(std::size_t at) {
    const std::string& said = lines_[at].comment;
    const std::size_t pairs = said.find(") pairs with (");
    if (pairs == std::string::npos) return false;
    const std::size_t open = said.rfind('(', pairs);
    for (const int from : numbers(said, open + 1)) {
      for (const int to : numbers(said, pairs + 14)) edges_[{from, to}] = at;
    }
    return true;
  }

  /// The numbers from `at` to the next ')'.
  static std::vector<int> numbers(const std::string& in, std::size_t at) {
    std::vector<int> all;
    int now = -1;
    for (; at < in.size(); ++at) {
      const char c = in[at];
      if (c >= '0' && c <= '9') {
        now = (now < 0 ? 0 : now * 10) + (c - '0');
      } else if (now >= 0) {
        all.push_back(std::exchange(now, -1));
      }
      if (c == ')') break;
    }
    return all;
  }

  void one_ended_edges() {
    for (const auto& [edge, at] : edges_) {
      if (edges_.count({edge.second, edge.first}) != 0) continue;
      complain(at, "(" + std::to_string(edge.first) + ") pairs with (" +
                       std::to_string(edge.second) + "), which does not pair with it");
    }
  }

  static std::size_t after_brackets(const std::string& code, std::size_t at) {
    int depth = 0;
    do {
      depth += code[at] == '[' ? 1 : code[at] == ']' ? -1 : 0;
    } while (++at < code.size() && depth != 0);
    return at;
  }

  // `name = 1`, `++name`, `if (name)`: operations whose order nobody spelled.
  void bare_uses(std::size_t i) {
    const std::string& code = lines_[i].code;
    if (code.find("atomic<") != std::string::npos) return;
    for (const std::string& name : atomics_) {
      for (std::size_t at = code.find(name); at != std::string::npos;
           at = code.find(name, at + 1)) {
        std::size_t end = at + name.size();
        if ((at > 0 && (word(code[at - 1]) || code[at - 1] == ':')) ||
            (end < code.size() && word(code[end])))
          continue;
        if (end < code.size() && code[end] == '[') {  // one of an array of them
          if (at > 1 && code[at - 1] == '&' && code[at - 2] == '(') continue;  // its address
          end = after_brackets(code, end);
        }
        const bool initialised = end < code.size() && (code[end] == '(' || code[end] == '{');
        const bool called = end < code.size() && (code[end] == '.' || code[end] == ':');
        if (!initialised && !called)
          complain(i, "an atomic that is used without an operation: " + name);
      }
    }
  }

  void complain(std::size_t i, const std::string& what) {
    complaints_.push_back("line " + std::to_string(i + 1) + ": " + what);
  }

  std::vector<line> lines_;
  std::set<std::string> atomics_;
  std::map<std::pair<int, int>, std::size_t> edges_;
  std::vector<std::string> complaints_;
  std::size_t operations_ = 0;
};

}  // namespace rules
