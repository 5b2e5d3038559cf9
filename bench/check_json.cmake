# check_json.cmake - runs BENCH --quick and looks at each row that it wrote to JSON.
#
# Usage: cmake -DBENCH=program -DJSON=file -P check_json.cmake
include(${CMAKE_CURRENT_LIST_DIR}/check_rows.cmake)
file(REMOVE ${JSON})
run(--quick --json ${JSON})
file(READ ${JSON} rows)
check_rows("${rows}" 20)
refuses_what_it_does_not_know()
