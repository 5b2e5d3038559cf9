# check.cmake - compiles the probe with one compiler and looks at its disassembly.
#
# Usage: cmake -DCOMPILER=... -DFLAGS=... -DINCLUDE=... -DPROBE=... -DCHECK=... -DOBJDUMP=... -DOBJECT=... -P check.cmake

separate_arguments(FLAGS)

# judge(ANSWER SAID [definition...]): compiles the probe and runs check on it.
function(judge answer said)
  execute_process(COMMAND ${COMPILER} -std=c++20 -O2 -DNDEBUG ${FLAGS} ${ARGN} -I${INCLUDE}
                          -c ${PROBE} -o ${OBJECT} COMMAND_ERROR_IS_FATAL ANY)
  execute_process(COMMAND ${OBJDUMP} -dr --no-show-raw-insn ${OBJECT}
                  OUTPUT_VARIABLE disassembly COMMAND_ERROR_IS_FATAL ANY)
  file(WRITE ${OBJECT}.s "${disassembly}")
  execute_process(COMMAND ${CHECK} probe_get probe_get_not_zero probe_put
                          probe_external_word_get probe_external_word_put
                  INPUT_FILE ${OBJECT}.s OUTPUT_VARIABLE text RESULT_VARIABLE code)
  set(${answer} ${code} PARENT_SCOPE)
  set(${said} "${text}" PARENT_SCOPE)
endfunction()

judge(answer said)
message("${COMPILER} ${FLAGS}\n${said}")
if(NOT answer EQUAL 0)
  message(FATAL_ERROR "The hot path is not one locked instruction and one branch that is not taken.")
endif()

judge(answer said -DBROKEN)
if(NOT answer EQUAL 1)
  message(FATAL_ERROR "The broken probe must be rejected, but check answered ${answer}:\n${said}")
endif()
foreach(complaint
        "probe_get: a branch that does not leave the hot path"
        "probe_get_not_zero: 2 conditional branches"
        "probe_put: a call in the hot path")
  if(NOT said MATCHES "${complaint}")
    message(FATAL_ERROR "The broken probe is rejected, but not for this: ${complaint}\n${said}")
  endif()
endforeach()
