# scraped.sh - Prometheus scrapes a running program, and knows afterwards how many objects of which
# type there are; it sees the counters grow, and it sees the program go.
#
# Twin: another path of the same server, where there is nothing, is not up.
. "$(dirname "$0")/../cli/common.bash"
make_tree tree

children=
at_end() {
  # shellcheck disable=SC2086  # numbers
  kill -9 $children 2>/dev/null
  rm -rf "$here"
}
trap at_end EXIT

LASTOUT_LEDGER=all,stacks=0 "$LASTOUT" vfs run --tree tree --seconds 120 >run.txt 2>&1 </dev/null &
program=$!
children=$program
for _ in $(seq 100); do
  "$LASTOUT" metrics "$program" >once.txt 2>err.txt && break
  sleep 0.1
done
[ -s once.txt ] || fail "no metrics: $(cat err.txt)"

"$LASTOUT" metrics "$program" --listen 127.0.0.1:0 >listening.txt 2>&1 &
children="$children $!"
for _ in $(seq 100); do
  grep -q '^listening' listening.txt && break
  sleep 0.1
done
target=$(sed -n 's,^listening on http://\(.*\)/metrics$,\1,p' listening.txt)
[ -n "$target" ] || fail "it does not say where it listens: $(cat listening.txt)"

cat >prometheus.yml <<EOF
global: {scrape_interval: 500ms, scrape_timeout: 400ms}
scrape_configs:
  - job_name: lastout
    static_configs: [{targets: ['$target']}]
  - job_name: twin
    metrics_path: /nothing
    static_configs: [{targets: ['$target']}]
EOF
"$PROMTOOL" check config prometheus.yml >check.txt 2>&1 || fail "$(cat check.txt)"

# Any port that is free: Prometheus says itself which one it has got.
"$PROMETHEUS" --config.file=prometheus.yml --storage.tsdb.path=data --web.listen-address=127.0.0.1:0 \
  --log.level=info >prometheus.log 2>&1 &
server=$!
children="$children $server"
for _ in $(seq 300); do
  at=$(sed -n 's/.*msg="Listening on" address=\([0-9.:]*\).*/\1/p' prometheus.log | head -1)
  [ -n "$at" ] && break
  sleep 0.1
done
[ -n "$at" ] || fail "Prometheus does not say where it listens: $(cat prometheus.log)"

# value_of QUERY: the number, or nothing.
value_of() {
  "$PROMTOOL" query instant "http://$at" "$1" 2>query.txt | sed -n 's/.* => \([^ ]*\) @.*/\1/p' | head -1
}
# until_value REGEX QUERY
until_value() {
  local got=
  for _ in $(seq 200); do
    got=$(value_of "$2")
    [[ $got =~ ^($1)$ ]] && { echo "$got"; return 0; }
    sleep 0.1
  done
  fail "$2 is '$got', not $1; Prometheus says: $(cat query.txt; tail -3 prometheus.log)"
}

until_value 1 'up{job="lastout"}' >/dev/null
until_value 0 'up{job="twin"}' >/dev/null
until_value '[1-9][0-9]*' 'sum(lastout_objects{type=~".*dentry"})' >/dev/null
until_value 1 'lastout_sampled_share{type=~".*::inode"}' >/dev/null
gets=$(until_value '[1-9][0-9.e+]*' 'sum(lastout_gets_total)')
until_value '0\.[0-9e-]*|[1-9][0-9.e+]*' 'max(lastout_oldest_reference_seconds)' >/dev/null

# It goes on counting: asked of Prometheus itself, over what it has scraped.
until_value 1 "sum(lastout_gets_total) > bool $gets" >/dev/null
families=$(grep -c '^# TYPE lastout_' once.txt)
[ "$families" -eq 11 ] || fail "$families families"

kill -INT "$program"
wait "$program" 2>/dev/null
until_value 0 'up{job="lastout"}' >/dev/null
