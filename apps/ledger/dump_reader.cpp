// dump_reader.cpp - see dump_reader.hpp. The format: docs/dump-format.md.

#include "dump_reader.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dump_line.hpp"
#include "numbering.hpp"

namespace lastout::ledger_reader {
namespace {

constexpr std::string_view first_line = "lastout-ledger 1";
constexpr const char* damaged = "; the dump is damaged: take another one";
constexpr const char* cut_off =
    "; it is cut off, by a full disk or while it was copied: take another one";

std::string at_line(std::string_view name, std::size_t line, const std::string& what) {
  return "'" + std::string(name) + "', line " + std::to_string(line) + ": " + what;
}

/// `word`'s place in `words`, which are in the order of the enumeration.
template <class Enum, std::size_t N>
Enum one_of(const std::array<std::string_view, N>& words, std::string_view word, const char* what) {
  for (std::size_t i = 0; i < N; ++i) {
    if (word == words[i]) return static_cast<Enum>(i);
  }
  throw dump_line::wrong{"its " + std::string(what) + " is '" + shortened(word) +
                         "', which this version does not know"};
}

reference_kind kind_of(std::string_view word) {
  static constexpr std::array<std::string_view, 5> words{"external", "active", "passive",
                                                         "existence", "given"};
  return one_of<reference_kind>(words, word, "kind");
}

deed deed_of(std::string_view word) {
  static constexpr std::array<std::string_view, 9> words{
      "born", "got", "refused", "resurrected", "put", "killed", "released", "given", "adopted"};
  return one_of<deed>(words, word, "deed");
}

class dump_parser {
 public:
  explicit dump_parser(std::string_view name) : name_(name) {}

  dump read(std::string_view text) {
    check_ends(text, name_);
    // Every object takes more than 16 letters: a wrong number here reserves no more than that.
    dump_line last(text.substr(text.rfind('\n', text.size() - 2) + 1));
    if (const auto objects = promised(last))
      out_.objects.reserve(std::min<std::uint64_t>(*objects, text.size() / 16));

    std::size_t at = 0;
    while (at < text.size()) {
      const std::size_t end = text.find('\n', at);  // there is one: check_ends() saw the last
      ++line_;
      try {
        take(dump_line(text.substr(at, end - at)));
      } catch (const dump_line::wrong& is) {
        fail(line_, "'" + shortened(text.substr(at, end - at)) + "': " + is.what + damaged);
      }
      at = end + 1;
    }
    finish();
    return std::move(out_);
  }

 private:
  [[noreturn]] void fail(std::size_t line, const std::string& what) const {
    throw bad_dump(at_line(name_, line, what));
  }

  static std::optional<std::uint64_t> promised(dump_line& end_line) {
    try {
      return end_line.number("number of objects");
    } catch (const dump_line::wrong&) {
      return std::nullopt;  // told when the line's turn comes
    }
  }

  void take(dump_line line) {
    if (ended_) throw dump_line::wrong{"there is something after the end"};
    const std::string_view what = line.first();
    if (what == "ref") return take_reference(line);
    if (what == "object") return take_object(line);
    if (what == "did") return take_happening(line);
    if (what == "edge") return take_edge(line);
    if (what == "stack") return take_stack(line);
    if (what == "dead") return take_dead(line);
    if (what == "thread") return take_thread(line);
    if (what == "tag") return take_tag(line);
    if (what == "type") return take_type(line);
    if (what == "count") return take_count(line);
    if (what == "module") return take_module(line);
    if (what == "process") return take_process(line);
    if (what == "forked") {
      out_.forked_from = line.number("parent");
      out_.forked_ns = line.number("time");
      return line.expect_end();
    }
    if (what == "settings") {
      out_.settings = line.text("text");
      return;
    }
    if (what == "missed") {
      out_.missed = line.number("number");
      return line.expect_end();
    }
    if (what == "end") return take_end(line);
    // A line of a later version: what it says is not needed to understand the others.
  }

  template <class T>
  static T& put_at(std::vector<T>& all, std::uint32_t index) {
    if (index >= all.size()) all.resize(index + std::size_t{1});
    return all[index];
  }

  std::uint32_t defined(numbering& numbers, dump_line& line) const {
    const std::uint64_t number = line.number("number");
    const auto index = numbers.define(number, line_);
    if (!index)
      throw dump_line::wrong{"its number " + std::to_string(number) + " was taken before"};
    return *index;
  }

  std::uint32_t named(numbering& numbers, dump_line& line, const char* what) const {
    const auto number = line.number_or_none(what);
    return number ? numbers.index(*number, line_) : none;
  }

  object& latest() {
    if (out_.objects.empty()) throw dump_line::wrong{"it stands before any object"};
    return out_.objects.back();
  }

  void take_process(dump_line& line) {
    if (has_process_) throw dump_line::wrong{"there was one before"};
    has_process_ = true;
    out_.pid = line.number("pid");
    out_.now_ns = line.number("time");
    out_.real_ns = line.number("real time");
    out_.program = line.text("path");
  }

  void take_module(dump_line& line) {
    module& made = out_.modules.emplace_back();
    made.begin = line.address("begin");
    made.end = line.address("end");
    made.offset = line.address("offset");
    made.build_id = line.word("build id");
    if (made.build_id == "-") made.build_id.clear();
    made.path = line.text("path");
    if (made.end < made.begin) throw dump_line::wrong{"it ends before it begins"};
  }

  void take_type(dump_line& line) {
    type& made = put_at(out_.types, defined(types_, line));
    made.size = line.number("size");
    made.share = line.number("share");
    made.name = line.text("name");
  }

  void take_count(dump_line& line) {
    type& of = put_at(out_.types, types_.index(line.number("type"), line_));
    of.born = line.number("born");
    of.released = line.number("released");
    of.gets = line.number("gets");
    of.puts = line.number("puts");
    of.refused = line.number("refused");
    of.resurrected = line.number("resurrected");
    of.killed = line.number("killed");
    line.expect_end();
  }

  void take_thread(dump_line& line) {
    thread& made = put_at(out_.threads, defined(threads_, line));
    made.tid = line.number("tid");
    const std::string_view how = line.word("state");
    if (how != "runs" && how != "ended")
      throw dump_line::wrong{"its state is '" + shortened(how) + "', not 'runs' or 'ended'"};
    made.runs = how == "runs";
    made.name = line.text("name");
  }

  void take_tag(dump_line& line) {
    std::string& made = put_at(out_.tags, defined(tags_, line));
    made = line.text("text");
  }

  void take_stack(dump_line& line) {
    std::vector<std::uint64_t>& made = put_at(out_.stacks, defined(stacks_, line));
    while (!line.ended()) made.push_back(line.address("address"));
  }

  void take_object(dump_line& line) {
    object made;
    made.type = types_.index(line.number("type"), line_);
    made.address = line.address("address");
    if (const auto n = line.number_or_none("number of references")) {
      if (*n > ~std::uint32_t{0}) throw dump_line::wrong{"its number of references is too large"};
      made.references = static_cast<std::uint32_t>(*n);
    }
    made.state = line.word("state");
    const std::string_view known = line.word("'known'");
    if (known != "whole" && known != "part")
      throw dump_line::wrong{"its 'known' is '" + shortened(known) + "', not 'whole' or 'part'"};
    made.whole = known == "whole";
    made.born_ns = line.number_or_none("birth").value_or(0);
    made.born_thread = named(threads_, line, "thread");
    made.born_stack = named(stacks_, line, "stack");
    line.expect_end();
    out_.objects.push_back(std::move(made));
  }

  void take_reference(dump_line& line) {
    object& of = latest();
    reference made;
    made.thread = named(threads_, line, "thread");
    made.since_ns = line.number("time");
    made.stack = named(stacks_, line, "stack");
    made.tag = named(tags_, line, "tag");
    made.kind = kind_of(line.word("kind"));
    made.where = line.address("place");
    made.owner = line.address("owner");
    line.expect_end();
    of.held.push_back(made);
    ++references_;
  }

  void take_edge(dump_line& line) {
    object& of = latest();
    if (line.address("from") != of.address)
      throw dump_line::wrong{"it begins at another object than the one above"};
    of.keeps.push_back(line.address("to"));
    line.expect_end();
  }

  void take_happening(dump_line& line) {
    object& of = latest();
    happening made;
    made.when_ns = line.number("time");
    made.thread = named(threads_, line, "thread");
    made.stack = named(stacks_, line, "stack");
    made.what = deed_of(line.word("deed"));
    made.where = line.address("place");
    line.expect_end();
    of.history.push_back(made);
  }

  void take_dead(dump_line& line) {
    dead_object made;
    made.type = types_.index(line.number("type"), line_);
    made.address = line.address("address");
    made.born_ns = line.number_or_none("birth").value_or(0);
    made.born_thread = named(threads_, line, "thread of birth");
    made.born_stack = named(stacks_, line, "stack of birth");
    made.died_ns = line.number("end");
    made.died_thread = named(threads_, line, "thread of the end");
    made.died_stack = named(stacks_, line, "stack of the end");
    line.expect_end();
    out_.dead.push_back(made);
  }

  void take_end(dump_line& line) {
    const std::uint64_t objects = line.number("number of objects");
    const std::uint64_t references = line.number("number of references");
    line.expect_end();
    if (objects != out_.objects.size() || references != references_) {
      throw dump_line::wrong{"it promises " + std::to_string(objects) + " objects with " +
                             std::to_string(references) + " references, but there are " +
                             std::to_string(out_.objects.size()) + " with " +
                             std::to_string(references_)};
    }
    ended_ = true;
  }

  template <class T>
  void all_defined(const numbering& numbers, std::vector<T>& all, const char* what) {
    if (const numbering::named* const missing = numbers.undefined()) {
      fail(missing->line, std::string("it names ") + what + " " + std::to_string(missing->number) +
                              ", and no line says what that is" + damaged);
    }
    all.shrink_to_fit();
  }

  void finish() {
    if (!has_process_) fail(line_, std::string("there is no 'process' line") + damaged);
    all_defined(types_, out_.types, "type");
    all_defined(threads_, out_.threads, "thread");
    all_defined(tags_, out_.tags, "tag");
    all_defined(stacks_, out_.stacks, "stack");
  }

  std::string_view name_;
  dump out_;
  numbering types_, threads_, tags_, stacks_;
  std::size_t line_ = 0;
  std::uint64_t references_ = 0;
  bool has_process_ = false;
  bool ended_ = false;
};

[[noreturn]] void fail_to_read(const std::string& path, const std::string& why) {
  throw bad_dump("'" + path + "': " + why + "; give a dump that exists and that you may read");
}

struct closes {
  void operator()(std::FILE* open) const noexcept { static_cast<void>(std::fclose(open)); }
};

}  // namespace

void check_ends(std::string_view text, std::string_view name) {
  if (text.empty()) throw bad_dump("'" + std::string(name) + "' is empty" + cut_off);
  const std::string_view first = text.substr(0, text.find('\n'));
  if (first != first_line) {
    if (!first.starts_with("lastout-ledger ")) {
      throw bad_dump(at_line(name, 1,
                             "it is '" + shortened(first) + "', so this is no dump of a ledger; " +
                                 "'lastout dump PID -o FILE' makes one"));
    }
    throw bad_dump(at_line(name, 1,
                           "the format is version '" + shortened(first.substr(15)) +
                               "', and this command reads version 1; use the lastout command that "
                               "came with the program"));
  }
  const std::size_t before_last = text.size() < 2 ? 0 : text.rfind('\n', text.size() - 2);
  const std::string_view last =
      before_last == std::string_view::npos ? text : text.substr(before_last + 1);
  if (!text.ends_with('\n') || !last.starts_with("end ")) {
    const auto lines = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')) +
                       (text.ends_with('\n') ? 0 : 1);
    throw bad_dump(
        at_line(name, lines, std::string("the last line is no whole 'end' line") + cut_off));
  }
}

dump read_dump(std::string_view text, std::string_view name) {
  return dump_parser(name).read(text);
}

dump read_dump_file(const std::string& path) {
  const std::unique_ptr<std::FILE, closes> file(std::fopen(path.c_str(), "rbe"));
  if (file == nullptr) fail_to_read(path, std::generic_category().message(errno));
  struct stat about{};
  if (fstat(fileno(file.get()), &about) != 0)
    fail_to_read(path, std::generic_category().message(errno));
  if (S_ISDIR(about.st_mode)) fail_to_read(path, "a directory");
  std::string text;
  std::size_t length = 0;
  std::size_t got = 0;
  do {
    // One more than the file has: the read that gets less is the last.
    const std::size_t more = std::max<std::size_t>(length, 1 << 16);
    text.resize(length == 0 && about.st_size > 0 ? static_cast<std::size_t>(about.st_size) + 1
                                                 : length + more);
    got = std::fread(text.data() + length, 1, text.size() - length, file.get());
    length += got;
  } while (length == text.size());
  if (std::ferror(file.get()) != 0) fail_to_read(path, std::generic_category().message(errno));
  text.resize(length);
  return read_dump(text, path);
}

}  // namespace lastout::ledger_reader
