# ordinary_run.sh - a small tree with all that a tree can have: what can be taken is, the rest is
# counted.
. "$(dirname "$0")/common.bash"
make_tree tree
mkfifo tree/fifo
ln -s d1/f1 tree/link
ln -s nowhere tree/dangling
ln -s / tree/out
ln -s loop tree/loop
ln tree/d1/f1 tree/d2/other_name
: >tree/nothing
head -c 300000 /dev/urandom >tree/big
printf 'x' >"tree/$(printf 'odd\nname\377')"
sockets=0
if command -v python3 >/dev/null; then
  (cd tree && python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind("socket")') && sockets=1
fi
unreadable=0
as=
if [ "$(id -u)" -ne 0 ]; then
  echo secret >tree/unreadable && chmod 0 tree/unreadable && unreadable=1
elif command -v setpriv >/dev/null && [ -n "$(getent passwd nobody)" ]; then
  chmod 755 "$here"
  chmod -R a+rX tree
  echo secret >tree/unreadable && chmod 0 tree/unreadable && unreadable=1
  if setpriv --reuid nobody --clear-groups test -x "$LASTOUT"; then
    as='setpriv --reuid nobody --clear-groups'
  else
    unreadable=0
    rm tree/unreadable
  fi
fi
find tree -exec stat -c '%n %F %Y %s %h' {} + | sort >before

$as "$LASTOUT" vfs run --tree tree --seconds 1 --seed 7 --threads 3 >"$out" 2>"$err" </dev/null
status=$?
expect_status 0 "an ordinary run"
expect_verdict 'ok$'
[ ! -s "$err" ] || fail "standard error is not empty"
expect_out 'imported +63 files in 12 directories, 4 symlinks, 1 hard link'
expect_out 'skipped .*1 FIFO'
[ $sockets -eq 0 ] || expect_out 'skipped .*1 socket'
[ $unreadable -eq 0 ] || expect_out 'skipped .*1 unreadable'
expect_out '^repeat with: lastout vfs run --tree=tree --seed 7 --threads 3 --seconds 1 --budget [0-9]+$'
for type in superblock mount dentry inode file page buffer process; do expect_out "^  $type +[1-9]"; done
for operation in stat open read write create unlink rename link symlink mkdir rmdir readdir spawn destroy wait; do
  expect_out "^  $operation +[1-9]"
done
expect_out 'kernel, stat\(2\) +[1-9]'
expect_out '^  dentry .* [1-9][0-9,]*$'  # evicted: the default budget makes the shrinker work
expect_no_out "$(printf '\033')"        # no colours when it is no terminal

# Born and freed are the same number in each row, alive is 0.
awk '/^Objects/ {on=1; next} on && /^  cached/ {exit} on && NR && $2 ~ /^[0-9,]+$/ {
  rows++; if ($2 != $3 || $4 != 0) bad=1 } END {exit !(rows == 8 && !bad)}' "$out" || fail "the table of objects does not add up"

find tree -exec stat -c '%n %F %Y %s %h' {} + | sort >after
cmp -s before after || fail "the tree on the host was changed"

# An empty tree is a tree.
mkdir empty
run vfs run --tree empty --seconds 0.3
expect_status 0 "an empty tree"
expect_verdict 'ok \(no file in the tree\)$'

# The tree itself may be named by a symlink, a relative path, with a trailing slash.
ln -s tree alias
run vfs run --tree alias/ --seconds 0.3
expect_status 0 "a tree behind a symlink"
expect_out 'imported +6[34] files'
