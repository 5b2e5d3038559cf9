// holder_tag.hpp - what the references are for that this thread takes from here to the end of the
// scope: the ledger's reports group by it. Without the ledger: nothing.
//
//   const lastout::holder_tag here("readahead");      // static text
//
// The innermost one counts. One handle is named by external<T>::note_holder.
//
// Source: rule 65. Record: docs/design/0018-ledger.md.

#pragma once

#include <lastout/atomic.hpp>
#include <lastout/ledger_door.hpp>

namespace lastout {
inline namespace LASTOUT_ABI {

class holder_tag {
 public:
  explicit holder_tag([[maybe_unused]] const char* text) noexcept {
    if constexpr (ledger_build) {
      outer_ = per_thread<ledger::thread_tag>().text;
      per_thread<ledger::thread_tag>().text = text;
    }
  }
  holder_tag(const holder_tag&) = delete;
  holder_tag& operator=(const holder_tag&) = delete;
  ~holder_tag() {
    if constexpr (ledger_build) per_thread<ledger::thread_tag>().text = outer_;
  }

 private:
  [[maybe_unused]] const char* outer_ = nullptr;
};

}  // namespace LASTOUT_ABI
}  // namespace lastout
