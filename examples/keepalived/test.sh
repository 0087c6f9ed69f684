#!/bin/sh
# A keepalived.conf under test: real servers fail one after the other and one comes back. What keepalived asked of IPVS must
# be what stands in expected.txt. Needs keepalived and node; no root, no ip_vs, no network.
cd "$(dirname "$0")" || exit
work=$(mktemp -d)
report=$work/report
web1='' web2='' watched=''
trap 'kill $web1 $web2 $watched 2>/dev/null; rm -r "$work"' EXIT

# A real server that accepts connections on a port, and says when it does.
SERVER='
const [port, ready] = process.argv.slice(1);
const server = require("net").createServer((socket) => socket.end());
server.listen(Number(port), "127.0.0.1", () => require("fs").writeFileSync(ready, "ready"));
'
serve() {
    exec node -e "$SERVER" "$1" "$work/$1"
}

# Waits for a line, 20 s at most.
await() {
    tries=100
    until grep -q -e "$1" "$report" 2>/dev/null; do
        tries=$((tries - 1))
        [ "$tries" -gt 0 ] || { echo "keepalived never asked for: $1"; cat "$report" "$work/log"; exit 1; }
        sleep 0.2
    done
}

serve 9081 & web1=$!
serve 9082 & web2=$!
until [ -e "$work/9081" ] && [ -e "$work/9082" ]; do sleep 0.1; done
${TAPVS:-tapvs} with --report "$report" -- \
    keepalived -C -n -l -f "$PWD/keepalived.conf" -p "$work/pid" -c "$work/checkers.pid" >"$work/log" 2>&1 & watched=$!

await '-a .*:9082'
sleep 2
kill $web1; await '-d .*:9081'
kill $web2; await '-a .*:9099'
serve 9081 & web1=$!
await '-d .*:9099'; sleep 1
kill $watched; wait $watched

# Without the times.
cut -c 12- "$report" | diff expected.txt - && echo passed
