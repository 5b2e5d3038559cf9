# short_run.cmake - replays a corpus, and fuzzes for a few seconds, always from the same seed.
#
# PROGRAM CORPUS SCRATCH MAX_LEN SECONDS [DICTIONARY]; MUST_FIND: a finding is what is wanted.
file(REMOVE_RECURSE ${SCRATCH})
file(MAKE_DIRECTORY ${SCRATCH})
set(folders ${SCRATCH})
if(EXISTS ${CORPUS})
  list(APPEND folders ${CORPUS})
endif()
set(dictionary "")
if(DICTIONARY)
  set(dictionary -dict=${DICTIONARY})
endif()
execute_process(
  COMMAND ${PROGRAM} -seed=1 -max_total_time=${SECONDS} -max_len=${MAX_LEN} -timeout=25
          -rss_limit_mb=2560 -print_final_stats=1 -artifact_prefix=${SCRATCH}/found- ${dictionary} ${folders}
  OUTPUT_VARIABLE said ERROR_VARIABLE said RESULT_VARIABLE status)
if(MUST_FIND)
  if(status EQUAL 0 OR NOT said MATCHES "fuzz: |ERROR: AddressSanitizer|runtime error:")
    message(FATAL_ERROR "${said}\nthe planted bug was not found in ${SECONDS} s")
  endif()
  return()
endif()
if(NOT status EQUAL 0)
  message(FATAL_ERROR "${said}\nto repeat: LASTOUT_FUZZ_TRACE=1 ${PROGRAM} ${SCRATCH}/found-*")
endif()
string(REGEX MATCH "stat::number_of_executed_units: [0-9]+" runs "${said}")
message(STATUS "${runs}")
