# embed.cmake - files of text as C++: a program carries them, and looks for nothing when it runs.
#
#   include(embed.cmake)
#   lastout_embed(TARGET SYMBOL FILE...)
#
# gives TARGET the header <embedded/SYMBOL.hpp> with
#
#   lastout::embedded::SYMBOL          the text of the files, one after the other
#   lastout::embedded::SYMBOL_sha256   its digest as a Content-Security-Policy names it: sha256-...
#
# The header is written when CMake configures, which a changed FILE makes it do: whatever reads
# sources without building them, such as make lint, finds it.
#
# page.cpp needs, after its library is added:
#
#   lastout_embed(LIBRARY report_html page/report.html)
#   lastout_embed(LIBRARY report_css page/report.css)
#   lastout_embed(LIBRARY report_js page/dom.js page/words.js page/facts.js page/table.js page/chart.js
#                 page/layout.js page/graph.js page/details.js page/report.js)

# The SHA-256 of a text in base64: each three bytes are four letters; 32 bytes leave two over, three
# letters.
function(lastout_base64_sha256 text out)
  string(SHA256 left "${text}")
  string(APPEND left "00")
  set(letters ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/)
  set(digest "")
  while(left)
    string(SUBSTRING ${left} 0 6 three)
    string(SUBSTRING ${left} 6 -1 left)
    foreach(shift 18 12 6 0)
      math(EXPR place "(0x${three} >> ${shift}) & 63")
      string(SUBSTRING ${letters} ${place} 1 letter)
      string(APPEND digest ${letter})
    endforeach()
  endwhile()
  string(REGEX REPLACE "A$" "=" digest ${digest})
  set(${out} ${digest} PARENT_SCOPE)
endfunction()

function(lastout_embed target symbol)
  set(text "")
  foreach(file IN LISTS ARGN)
    cmake_path(ABSOLUTE_PATH file)
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
    file(READ ${file} one)
    string(APPEND text "${one}")
  endforeach()
  lastout_base64_sha256("${text}" digest)

  # A literal may be longer than the 65536 characters that every compiler must take.
  set(content "#pragma once
#include <string_view>
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored \"-Woverlength-strings\"
namespace lastout::embedded {
inline constexpr std::string_view ${symbol} = R\"embedded(${text})embedded\";
inline constexpr std::string_view ${symbol}_sha256 = \"sha256-${digest}\";
}  // namespace lastout::embedded
#pragma GCC diagnostic pop
")
  set(folder ${CMAKE_CURRENT_BINARY_DIR}/${target}_embedded)
  set(header ${folder}/embedded/${symbol}.hpp)
  set(old "")
  if(EXISTS ${header})
    file(READ ${header} old)
  endif()
  if(NOT old STREQUAL content)
    file(WRITE ${header} "${content}")
  endif()
  target_include_directories(${target} PRIVATE ${folder})
endfunction()
