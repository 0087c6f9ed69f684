#!/bin/sh
# What `make demo` shows, on one screen: why a client got a reset, and where the packets of direct routing go. `demo.sh all` shows more.
set -eu
here=$(dirname "$0")
tapvs() { node "$here/../dist/program/cli/main.js" "$@"; }
fixtures=$here/../fixtures
heading() { printf '\n== %s\n' "$1"; }
# The first lines of a long text, read to its end so that nothing is left in a pipe.
first() { awk -v most="$1" 'NR <= most'; }

screen() {
  printf 'tapvs is Linux Virtual Server as a program: raw Ethernet frames in, byte for byte the frames that the kernel sends out.\n'
  printf 'It explains each of them. Nothing here needs root: recordings and simulated hosts take the place of a network.\n'
  heading 'A client was idle for a quarter of an hour; its next packet gets a reset. Why, and what would change it?'
  tapvs explain "$fixtures/reports/r02.jsonl" --packet 4 --cure | sed -n '1,6p;/^  =>/,$p'
  heading 'Direct routing: one request and its reply, hop by hop'
  tapvs explain dr | sed -n '/^ *ms /,/^\*/p'
  heading 'The same frames as the kernel: recordings of Linux 6.1 with ipvsadm, replayed and compared'
  tapvs verify "$fixtures/captures" "$fixtures/golden" | tail -1
  heading 'Where to go next'
  printf '  sh examples/demo.sh all       real captures, packet by packet, through NAT, direct routing, a tunnel and full NAT\n'
  printf '  docs/concepts.md              new to LVS?    open dist/web/tapvs.html    the same in a browser\n'
  printf '  node dist/program/cli/main.js --help\n'
}

more() {
  for mode in nat dr tun; do
    case $mode in
      nat) heading 'NAT: what arrived at the director, what it sent, and why' ;;
      dr) heading 'Direct routing' ;;
      tun) heading 'IPIP tunnel' ;;
    esac
    lab=$fixtures/captures/$mode
    tapvs explain "$lab/wire.pcapng" -c "$lab/director.yaml" --brief | first 14
    printf '\nPacket 3, step by step:\n'
    tapvs explain "$lab/wire.pcapng" -c "$lab/director.yaml" --packet 3
    tapvs replay "$lab/wire.pcapng" -c "$lab/director.yaml"
  done
  heading 'Full NAT: one request and its reply, hop by hop'
  tapvs explain fullnat
}

screen
if [ "${1:-}" = all ]; then more; fi
