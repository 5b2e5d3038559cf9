# check_json.cmake - runs BENCH --quick and looks at all that it wrote, to JSON and to a page.
#
# Usage: cmake -DBENCH=program -DFOLDER=folder -P check_json.cmake
include(${CMAKE_CURRENT_LIST_DIR}/../check_tables.cmake)
check_tables(json html)

# Ten tables in four benches with 1 and 2 threads, and those that do several look-ups at once.
string(JSON rows GET "${json}" rows)
check_rows("${rows}" 80)
check_page("${html}" 7)
refuses_what_it_does_not_know()
