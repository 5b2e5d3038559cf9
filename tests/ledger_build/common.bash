# common.bash - for the scripts of this folder: $CXX is a compiler, $INCLUDE has the headers.
set -eu
: "${CXX:?which compiler}" "${INCLUDE:?where the headers are}"
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# compile SOURCE OBJECT [FLAG...]
compile() {
  local source=$1 object=$2
  shift 2
  "$CXX" -std=c++20 -O2 -DNDEBUG -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror \
    -I"$INCLUDE" "$@" -c "$source" -o "$object"
}
fail() {
  echo "$*" >&2
  exit 1
}
