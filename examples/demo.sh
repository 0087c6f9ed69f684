#!/bin/sh
# What `make demo` shows: recorded traffic of three real labs through the emulator, and full NAT on simulated hosts.
set -eu
tapvs() { node "$(dirname "$0")/../dist/program/cli/main.js" "$@"; }
labs=$(dirname "$0")/../fixtures/captures
heading() { printf '\n\n=== %s\n\n' "$1"; }
# The first lines of a long answer, read to its end so that nobody hears of a broken pipe.
first() { awk -v most="$1" 'NR <= most'; }

for mode in nat dr tun; do
  case $mode in
    nat) heading 'NAT: what arrived at the director, what it sent, and why' ;;
    dr) heading 'Direct routing' ;;
    tun) heading 'IPIP tunnel' ;;
  esac
  tapvs explain "$labs/$mode/wire.pcapng" -c "$labs/$mode/director.yaml" --brief | first 14
  printf '\nPacket 3, step by step:\n'
  tapvs explain "$labs/$mode/wire.pcapng" -c "$labs/$mode/director.yaml" --packet 3
  tapvs replay "$labs/$mode/wire.pcapng" -c "$labs/$mode/director.yaml"
done

heading 'Full NAT: one request and its answer, hop by hop'
tapvs explain fullnat
