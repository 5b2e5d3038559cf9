# check.cmake - one case of this folder: its twin compiles, and the case itself fails as it says.
#
# COMPILE reads all headers of the library first. A case is one file:
#   // expect: what the compiler says, a regular expression that holds for g++ and clang
#   #ifdef MUST_NOT_COMPILE
#     ... the mistake
#   #else
#     ... the same without the mistake
#   #endif
#
# Usage: cmake "-DCOMPILE=compiler and flags" -DCASE=file.cpp -P check.cmake

file(STRINGS ${CASE} expect REGEX "^// expect: ")
list(LENGTH expect count)
if(NOT count EQUAL 1)
  message(FATAL_ERROR "${CASE}: needs exactly one line '// expect: REGEX', has ${count}")
endif()
string(REGEX REPLACE "^// expect: " "" expect "${expect}")

separate_arguments(COMPILE UNIX_COMMAND "${COMPILE}")

execute_process(COMMAND ${COMPILE} ${CASE} RESULT_VARIABLE failed ERROR_VARIABLE said)
if(failed)
  message(FATAL_ERROR "${CASE}: the twin must compile, but:\n${said}")
endif()

execute_process(COMMAND ${COMPILE} -DMUST_NOT_COMPILE ${CASE}
                RESULT_VARIABLE failed ERROR_VARIABLE said)
if(NOT failed)
  message(FATAL_ERROR "${CASE}: the mistake compiles")
endif()
# Only what the compiler complains of counts, not the lines of source that it quotes.
string(REGEX MATCHALL "[^\n]*(error|static assertion|note): [^\n]*" complaints "${said}")
if(NOT "${complaints}" MATCHES "${expect}")
  message(FATAL_ERROR "${CASE}: fails, but not as expected (${expect}):\n${said}")
endif()
