#!/bin/sh
# fuzz.sh MINUTES: the random tests over and over, each time from another seed, until one fails or the time is up. Those on the
# real kernel have a command of their own, make fuzz-kernel.
set -eu
until=$(($(date +%s) + 60 * $1))
files=$(grep -rlE --include='*.test.js' --exclude-dir=kernel 'fast-check|/seed\.js"' dist/test)
seed=${TAPVS_SEED:-$(date +%s)}
rounds=0
while [ "$(date +%s)" -lt "$until" ]; do
  # shellcheck disable=SC2086 # a list of files
  if ! TAPVS_SEED=$seed node_modules/.bin/mocha --parallel --jobs "$(nproc)" --reporter dot $files; then
    echo "seed $seed fails; have it again by: TAPVS_SEED=$seed make fuzz" >&2
    exit 1
  fi
  rounds=$((rounds + 1))
  seed=$((seed + 1))
done
echo "$rounds rounds, the last from seed $((seed - 1))"
