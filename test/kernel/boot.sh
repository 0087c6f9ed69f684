#!/bin/bash
# boot.sh INPUTS OUTPUTS [MODULE...]: plays every transcript INPUTS/*.jsonl on a real Linux kernel and writes the recordings to
# OUTPUTS. The modules are loaded besides those of every director: ip_vs_ftp, ip_vs_pe_sip.
#
# The kernel is User-Mode Linux: an ordinary process, with the file system of this machine as its root. It runs this same
# file as its first process, with the word "guest" in front.
set -u

# What a director consists of. ip_vs_ftp stays out: it would open connections for FTP data.
modules="ip_vs ip_vs_rr ip_vs_wrr ip_vs_lc ip_vs_wlc ip_vs_lblc ip_vs_lblcr ip_vs_dh ip_vs_sh ip_vs_sed ip_vs_nq ip_vs_fo
  ip_vs_ovf ip_vs_mh ipip ip6_tunnel sit veth ipv6 iptable_mangle ip6table_mangle xt_mark xt_tcpudp"

guest() {
  local here=$1 scratch=$2 inputs=$3 outputs=$4 module
  shift 4
  export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C PYTHONDONTWRITEBYTECODE=1
  mount -t proc proc /proc
  mount -t sysfs sysfs /sys
  mount -t tmpfs tmpfs /run
  for module in $modules "$@"; do
    # The kernel adds words of its own to its command line.
    [[ $module == *=* ]] && continue
    modprobe -d "$scratch" "$module" || echo "module $module is missing"
  done
  ip link set lo up
  /usr/bin/python3 "$here/player.py" "$inputs" "$outputs"
  echo "player ended with $?"
  halt -f
}

# Whoever ends this process ends the kernel with it, which leads a group of processes of its own.
stop() {
  [ -z "$kernel" ] || kill -KILL "$kernel" -"$kernel" 2>/dev/null
  rm -rf "$scratch"
}

host() {
  local here inputs outputs modules
  here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
  inputs=$(realpath "$1") && mkdir -p "$2" && outputs=$(realpath "$2") || exit 2
  shift 2
  modules=$(ls -d /usr/lib/uml/modules/*/ 2>/dev/null | tail -n 1)
  if [ -z "$modules" ]; then
    echo "no modules under /usr/lib/uml/modules: install user-mode-linux (make oracle)" >&2
    exit 2
  fi
  kernel=
  # modprobe -d wants a root with lib/modules/VERSION below it.
  scratch=$(mktemp -d)
  trap stop EXIT
  trap 'exit 143' TERM INT HUP
  mkdir -p "$scratch/lib/modules"
  ln -s "${modules%/}" "$scratch/lib/modules/"
  linux.uml mem=384M root=/dev/root rootfstype=hostfs rootflags=/ rw quiet con=null con0=fd:0,fd:1 \
    init="$here/boot.sh" -- guest "$here" "$scratch" "$inputs" "$outputs" "$@" </dev/null &
  kernel=$!
  wait "$kernel"
  kernel=
}

if [ "${1:-}" = guest ]; then
  shift
  guest "$@"
elif [ $# -ge 2 ]; then
  host "$@"
else
  echo "usage: boot.sh INPUTS OUTPUTS [MODULE...]" >&2
  exit 2
fi
