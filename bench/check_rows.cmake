# check_rows.cmake - what is true of the rows of every bench: included by each one's own check.

# run(ARGUMENT...): BENCH ends well.
function(run)
  execute_process(COMMAND ${BENCH} ${ARGN} RESULT_VARIABLE failed OUTPUT_QUIET)
  if(failed)
    message(FATAL_ERROR "${BENCH} ${ARGN} ended with ${failed}")
  endif()
endfunction()

# refuses_what_it_does_not_know(): an option that is none ends it with 2.
function(refuses_what_it_does_not_know)
  execute_process(COMMAND ${BENCH} --no-such-option
                  RESULT_VARIABLE refused OUTPUT_QUIET ERROR_QUIET)
  if(NOT refused EQUAL 2)
    message(FATAL_ERROR "an unknown option ended with ${refused}, not 2")
  endif()
endfunction()

# ascend(WHAT FIGURE...): they are above 0, and none is less than the one before.
function(ascend what)
  set(before 0)
  foreach(each ${ARGN})
    if(NOT each GREATER 0 OR each LESS before)
      message(FATAL_ERROR "${what}: ${ARGN}")
    endif()
    set(before ${each})
  endforeach()
endfunction()

# check_rows(JSON AT_LEAST): an array of so many rows, all of them whole, of all three roles.
function(check_rows rows at_least)
  string(JSON count LENGTH "${rows}")
  if(count LESS at_least)
    message(FATAL_ERROR "only ${count} rows")
  endif()
  set(roles "")
  math(EXPR last "${count} - 1")
  foreach(i RANGE ${last})
    string(JSON row GET "${rows}" ${i})
    foreach(key bench subject role threads sharing ratio_to_limit repeats)
      string(JSON ${key} GET "${row}" ${key})  # a missing key is an error
    endforeach()
    foreach(key median p10 p90)
      string(JSON ${key} GET "${row}" ns_per_op ${key})
    endforeach()
    ascend("row ${i}, ${bench}, ${subject}" ${p10} ${median} ${p90})
    if(NOT role MATCHES "^(limit|ours|peer)$" OR NOT sharing MATCHES "^(private|shared)$")
      message(FATAL_ERROR "row ${i}: role ${role}, sharing ${sharing}")
    endif()
    list(APPEND roles "${role}")
  endforeach()
  list(REMOVE_DUPLICATES roles)
  list(LENGTH roles kinds)
  if(NOT kinds EQUAL 3)
    message(FATAL_ERROR "only these roles: ${roles}")
  endif()
endfunction()
