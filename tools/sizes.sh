#!/bin/sh
# How long the bot takes to build from nothing, how large it is, and what it holds while it
# has nothing to do, beside the least app on @slack/bolt (bench/bolt). For docs/performance.md.
#
# A build from nothing has a cache of its own, 5 GB of memory and some minutes: SIZES_COLD=1.
set -eu
cd "$(dirname "$0")/.."
GO=${GO:-go}
tmp=$(mktemp -d)
pids=
trap 'for p in $pids; do kill "$p" 2>/dev/null || :; done; rm -rf "$tmp"' EXIT

now() { date +%s; }
mib() { echo "$(($1 / 1048576)) MiB"; }
# Of a process: all that is resident, and what is its own.
held() { sed -n 's/^VmRSS:[^0-9]*\([0-9]*\) kB/\1/p; s/^RssAnon:[^0-9]*\([0-9]*\) kB/\1/p' "/proc/$1/status" | tr '\n' ' ' \
  | awk '{ printf "%d MiB resident, %d MiB of its own\n", $1 / 1024, $2 / 1024 }'; }

[ -z "${SIZES_COLD:-}" ] || export GOCACHE="$tmp/cache"
began=$(now)
CGO_ENABLED=0 $GO build -trimpath -o "$tmp/bot" ./cmd/bot
from="what was built before"
[ -z "${SIZES_COLD:-}" ] || from="nothing"
echo "build from $from: $(($(now) - began)) s"
echo "bot: $(mib "$(stat -c %s "$tmp/bot")"), one file"
CGO_ENABLED=0 $GO build -trimpath -ldflags '-s -w' -o "$tmp/stripped" ./cmd/bot
echo "bot without symbols: $(mib "$(stat -c %s "$tmp/stripped")")"
if [ -d bench/bolt/node_modules ]; then
  echo "bolt app: $(du -sm bench/bolt/node_modules | cut -f1) MiB in $(find bench/bolt/node_modules -type f | wc -l) files, and $(mib "$(stat -Lc %s "$(command -v node)")") of node"
fi

"$tmp/bot" sandbox -addr 127.0.0.1:0 -keep "$tmp/world" -world-only "$tmp/world.json" >"$tmp/world.log" 2>&1 &
pids="$pids $!"
n=0
until [ -s "$tmp/world.json" ]; do n=$((n + 1)); [ $n -lt 600 ] || { cat "$tmp/world.log"; exit 1; }; sleep 0.1; done
"$tmp/bot" serve -world "$tmp/world.json" >"$tmp/bot.log" 2>&1 &
bot=$!
pids="$pids $bot"
n=0
until grep -q msg=ready "$tmp/bot.log"; do n=$((n + 1)); [ $n -lt 600 ] || { cat "$tmp/bot.log"; exit 1; }; sleep 0.1; done
sleep "${SIZES_IDLE:-20}"
echo "bot, idle: $(held $bot)"
if [ -d bench/bolt/node_modules ]; then
  NODE_ENV=production BENCH_SECRET=secret BENCH_DB="$tmp/bolt.db" node bench/bolt/app.mjs >"$tmp/bolt.log" 2>&1 &
  bolt=$!
  pids="$pids $bolt"
  n=0
  until grep -q http "$tmp/bolt.log"; do n=$((n + 1)); [ $n -lt 600 ] || { cat "$tmp/bolt.log"; exit 1; }; sleep 0.1; done
  sleep "${SIZES_IDLE:-20}"
  echo "bolt app, idle: $(held $bolt)"
fi
