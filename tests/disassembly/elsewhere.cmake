# elsewhere.cmake - compiles the probe for another machine and looks whether each hot path, up to the
# first return, has one atomic addition, no loop that tries again, and no call.
#
# Usage: cmake -DCOMPILER=... -DFLAGS=... -DADDS=regex -DNEVER=regex -DINCLUDE=... -DPROBE=...
#              -DOBJDUMP=... -DOBJECT=... -P elsewhere.cmake

# judge(COMPLAINTS [definition...]): what is wrong with the probe, or nothing.
function(judge complaints)
  execute_process(COMMAND ${COMPILER} -std=c++20 -O2 -DNDEBUG ${FLAGS} ${ARGN} -I${INCLUDE}
                          -c ${PROBE} -o ${OBJECT} COMMAND_ERROR_IS_FATAL ANY)
  execute_process(COMMAND ${OBJDUMP} -d --no-show-raw-insn ${OBJECT}
                  OUTPUT_VARIABLE all COMMAND_ERROR_IS_FATAL ANY)
  string(REPLACE ";" "," all "${all}")
  set(said "")
  foreach(name probe_get probe_get_not_zero probe_put probe_external_word_get
               probe_external_word_put)
    string(FIND "${all}" "<${name}>:" from)
    string(SUBSTRING "${all}" ${from} -1 hot)
    string(REGEX MATCH "\tret[ \t\n]" back "${hot}")
    string(FIND "${hot}" "${back}" to)
    if(from EQUAL -1 OR back STREQUAL "")
      message(FATAL_ERROR "${name} is not there, or does not return")
    endif()
    string(SUBSTRING "${hot}" 0 ${to} hot)
    string(REGEX MATCHALL "\t(${ADDS})" adds "${hot}")
    list(LENGTH adds count)
    if(NOT count EQUAL 1)
      string(APPEND said "${name}: ${count} atomic additions\n${hot}\n")
    elseif(hot MATCHES "\t(${NEVER})[ \t]")
      string(APPEND said "${name}: ${CMAKE_MATCH_1}\n${hot}\n")
    endif()
  endforeach()
  set(${complaints} "${said}" PARENT_SCOPE)
endfunction()

separate_arguments(FLAGS)
judge(complaints)
if(NOT complaints STREQUAL "")
  message(FATAL_ERROR "${COMPILER} ${FLAGS}:\n${complaints}")
endif()
judge(complaints -DBROKEN)
foreach(complaint "probe_get: 0 atomic additions" "probe_put: ")
  if(NOT complaints MATCHES "${complaint}")
    message(FATAL_ERROR "The broken probe must be rejected for this: ${complaint}\n${complaints}")
  endif()
endforeach()
