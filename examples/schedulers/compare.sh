#!/bin/sh
# The same load through one scheduler after the other: which sessions does each server get?
#   sh examples/schedulers/compare.sh [SCHEDULER...]
here=$(dirname "$0")
for scheduler in ${*:-rr wrr lc wlc sed nq fo ovf sh mh twos}; do
  echo "$scheduler"
  sed "s/SCHEDULER/$scheduler/" "$here/load.txt" | node "$here/sessions.mjs" /dev/stdin | sed 's/^/  /'
done
