#!/bin/sh
# Installs what a real kernel as a process needs (Debian and its kin), or says what to do.
set -eu
packages="user-mode-linux kmod ipvsadm iproute2 iptables ethtool python3"

missing() {
  for program in linux.uml modprobe ipvsadm ip iptables-legacy python3; do
    PATH="$PATH:/usr/sbin:/sbin" command -v "$program" >/dev/null || printf ' %s' "$program"
  done
}

if [ -z "$(missing)" ]; then
  echo "all there: $(linux.uml --version | tail -n 1)"
  exit 0
fi
if ! command -v apt-get >/dev/null; then
  echo "missing:$(missing). This is no Debian; install what gives these. Debian's packages are: $packages" >&2
  exit 1
fi
if [ "$(id -u)" -ne 0 ]; then
  echo "missing:$(missing). Ask root for: apt-get install $packages" >&2
  exit 1
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
# shellcheck disable=SC2086 # a list of words
apt-get install -qq -y --no-install-recommends $packages
