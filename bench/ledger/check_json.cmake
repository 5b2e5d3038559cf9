# check_json.cmake - runs BENCH --quick and looks at all that it wrote to JSON.
#
# Usage: cmake -DBENCH=program -DFOLDER=folder -P check_json.cmake
include(${CMAKE_CURRENT_LIST_DIR}/../check_rows.cmake)

set(path ${FOLDER}/quick.json)
file(REMOVE ${path})
run(--quick --folder ${FOLDER} --json ${path})
file(READ ${path} json)

# each(PART AT_LEAST): its entries' numbers, in `entries`; fewer are an error.
macro(each part at_least)
  string(JSON ${part} GET "${json}" ${part})
  string(JSON count LENGTH "${${part}}")
  if(count LESS ${at_least})
    message(FATAL_ERROR "only ${count} of ${part}")
  endif()
  math(EXPR last "${count} - 1")
endmacro()

# Five tasks in five ways, by 1 and 2 threads.
set(ways "")
each(rows 50)
foreach(i RANGE ${last})
  string(JSON row GET "${rows}" ${i})
  foreach(key bench subject settings threads ratio_to_off repeats)
    string(JSON ${key} GET "${row}" ${key})  # a missing key is an error
  endforeach()
  foreach(key median p10 p90)
    string(JSON ${key} GET "${row}" ns_per_op ${key})
  endforeach()
  ascend("row ${i}, ${bench}, ${subject}" ${p10} ${median} ${p90})
  list(APPEND ways ${subject})
  if(subject STREQUAL "off" AND NOT ratio_to_off EQUAL 1)
    message(FATAL_ERROR "row ${i}: off is ${ratio_to_off} of itself")
  endif()
  # Whatever the machine does: to note a reference takes many times a get and a put.
  if(bench STREQUAL "kref get + put" AND threads EQUAL 1 AND settings MATCHES "^all,stacks" AND
     ratio_to_off LESS 3)
    message(FATAL_ERROR "row ${i}: with ${settings} only ${ratio_to_off} of off")
  endif()
endforeach()
list(REMOVE_DUPLICATES ways)
list(LENGTH ways count)
if(NOT count EQUAL 5)
  message(FATAL_ERROR "only these ways: ${ways}")
endif()

# Counted where valgrind is: the same in each run.
find_program(valgrind valgrind)
if(valgrind)
  each(instructions 25)
  foreach(i RANGE ${last})
    string(JSON of GET "${instructions}" ${i} subject)
    string(JSON ratio GET "${instructions}" ${i} ratio_to_off)
    if(ratio LESS 1 OR (of STREQUAL "every object, with stacks" AND ratio LESS 3))
      message(FATAL_ERROR "instructions ${i}, ${of}: ${ratio} of off")
    endif()
  endforeach()
endif()

# A reference that is known takes room, and much less than a page.
each(memory 10)
foreach(i RANGE ${last})
  string(JSON of GET "${memory}" ${i} subject)
  string(JSON bytes GET "${memory}" ${i} beyond_off)
  if(of MATCHES "^every object" AND (bytes LESS 32 OR bytes GREATER 1000))
    message(FATAL_ERROR "memory ${i}, ${of}: ${bytes} bytes")
  endif()
endforeach()

# All of them are in the dump.
each(dumps 4)
foreach(i RANGE ${last})
  string(JSON references GET "${dumps}" ${i} references)
  string(JSON to_file_s GET "${dumps}" ${i} to_file_s)
  if(NOT references EQUAL 20000 OR NOT to_file_s GREATER 0)
    message(FATAL_ERROR "dump ${i}: ${references} references in ${to_file_s} s")
  endif()
endforeach()

each(goals 12)
refuses_what_it_does_not_know()
