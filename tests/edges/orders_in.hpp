// orders_in.hpp - finds, in the text of a header, every order that is not relaxed, and says where it
// stands in words that do not change with line numbers: the function, and what is called.
//
// It reads text as clang-format leaves it, not C++.

#pragma once

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

namespace edges {

/// One order in a header.
struct spelled_order {
  std::string header;    // "refcount.hpp"
  std::string function;  // "put_not_last"
  std::string
      operation;      // "change", "word_.fetch_sub"; with a number when the function has another
  std::string order;  // "acquire", "release", "acq_rel"
  unsigned first_line = 0, last_line = 0;  // of the call
};

class orders_in {
 public:
  static std::vector<spelled_order> read(const std::string& header, std::string_view text) {
    return orders_in(header, text).found_;
  }

 private:
  orders_in(const std::string& header, std::string_view text) : code_(without_comments(text)) {
    unsigned line = 1;
    for (std::size_t i = 0; i < code_.size(); ++i) {
      const char c = code_[i];
      if (c == '\n') ++line;
      if (c == '{') blocks_.push_back(head_before(i));
      if (c == '}' && !blocks_.empty()) blocks_.pop_back();
      for (const std::string_view order : {"acquire", "release", "acq_rel", "seq_cst"})
        if (spells(i, order)) note(header, i, line, std::string(order));
    }
  }

  static bool word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

  /// Comments, literals' contents and preprocessor lines become spaces.
  static std::string without_comments(std::string_view text) {
    std::string out(text);
    const auto blank = [&out](std::size_t from, std::size_t to) {
      for (std::size_t i = from; i < to; ++i)
        if (out[i] != '\n') out[i] = ' ';
    };
    for (std::size_t i = 0; i < out.size(); ++i) {
      const std::size_t end = std::min(out.find('\n', i), out.size());
      const bool starts_line = i == 0 || out[i - 1] == '\n';
      if (text.substr(i, 2) == "//" || (starts_line && text[i] == '#')) {
        blank(i, end);
        i = end;
      } else if (text[i] == '"') {
        std::size_t to = i + 1;
        while (to < text.size() && text[to] != '"') to += text[to] == '\\' ? 2 : 1;
        blank(i + 1, to);
        i = to;
      }
    }
    return out;
  }

  bool spells(std::size_t at, std::string_view order) const {
    static constexpr std::string_view scope = "order::";
    const std::string_view all = code_;
    if (all.substr(at, scope.size()) != scope || (at > 0 && word(all[at - 1]))) return false;
    const std::size_t end = at + scope.size() + order.size();
    return all.substr(at + scope.size(), order.size()) == order &&
           (end >= all.size() || !word(all[end]));
  }

  /// What a block begins with: the text since the statement or block before it.
  std::string head_before(std::size_t brace) const {
    int depth = 0;
    std::size_t from = brace;
    for (; from > 0; --from) {
      const char c = code_[from - 1];
      depth += c == ')' ? 1 : c == '(' ? -1 : 0;
      if (depth < 0 || (depth == 0 && (c == ';' || c == '{' || c == '}'))) break;
    }
    return code_.substr(from, brace - from);
  }

  /// The name of the function that a block is the body of; empty when it is none's.
  static std::string function_of(const std::string& head) {
    if (head.find("](") != std::string::npos || head.find("] (") != std::string::npos) return {};
    for (std::size_t open = head.find('('); open != std::string::npos;
         open = head.find('(', open + 1)) {
      if (open > 0 && head[open - 1] == ' ') return {};  // if, for, while, switch
      std::size_t from = open;
      while (from > 0 && word(head[from - 1])) --from;
      const std::string name = head.substr(from, open - from);
      if (name != "requires" && name != "noexcept" && name != "explicit") return name;
    }
    return {};
  }

  bool in_requirement() const {
    return std::any_of(blocks_.begin(), blocks_.end(), [](const std::string& head) {
      return head.find_first_not_of(" \n") == head.find("requires");
    });
  }

  std::string enclosing_function() const {
    for (std::size_t i = blocks_.size(); i-- > 0;)
      if (std::string name = function_of(blocks_[i]); !name.empty()) return name;
    return "at namespace scope";
  }

  /// Where the bracket that `close` closes is opened; going backwards.
  std::size_t opener_of(std::size_t close) const {
    int depth = 0;
    for (std::size_t i = close + 1; i-- > 0;) {
      if (code_[i] == ')' || code_[i] == ']') ++depth;
      if ((code_[i] == '(' || code_[i] == '[') && --depth == 0) return i;
    }
    return 0;
  }

  /// The call of which the order at `at` is an argument: its '('.
  std::size_t call_of(std::size_t at) const {
    int depth = 0;
    for (std::size_t i = at; i-- > 0;) {
      if (code_[i] == ')') ++depth;
      if (code_[i] == '(' && depth-- == 0) return i;
      if (code_[i] == ';') break;
    }
    return std::string::npos;
  }

  void note(const std::string& header, std::size_t at, unsigned line, const std::string& order) {
    const std::size_t open = call_of(at);
    if (open == std::string::npos || in_requirement()) return;  // named, not asked for
    std::size_t from = open;
    while (from > 0) {
      const char c = code_[from - 1];
      if (c == ']' || c == ')')
        from = opener_of(from - 1);
      else if (c == '>' && from > 1 && code_[from - 2] == '-')
        from -= 2;
      else if (word(c) || c == '.' || c == ':')
        --from;
      else
        break;
    }
    std::size_t close = open;
    for (int depth = 0; close < code_.size(); ++close) {
      if (code_[close] == '(') ++depth;
      if (code_[close] == ')' && --depth == 0) break;
    }
    const auto lines = [this](std::size_t first, std::size_t end) {
      return static_cast<unsigned>(std::count(code_.begin() + static_cast<std::ptrdiff_t>(first),
                                              code_.begin() + static_cast<std::ptrdiff_t>(end),
                                              '\n'));
    };
    spelled_order made{header, enclosing_function(),   {},
                       order,  line - lines(from, at), line + lines(at, close)};
    for (const char c : code_.substr(from, open - from))
      if (c != ' ' && c != '\n') made.operation += c;
    if (made.operation.starts_with("(void)")) made.operation.erase(0, 6);
    const int before = seen_[{made.function, made.operation, order}]++;
    if (before > 0) made.operation += " (" + std::to_string(before + 1) + ")";
    found_.push_back(made);
  }

  std::string code_;
  std::vector<std::string> blocks_;
  std::map<std::tuple<std::string, std::string, std::string>, int> seen_;
  std::vector<spelled_order> found_;
};

}  // namespace edges
