#!/bin/sh
# install.sh [PROGRAM...]: installs the Debian packages of these programs, or of all in packages.txt, as far as they are missing.
# Services that a package would start stay off.
set -eu
list=$(dirname "$0")/packages.txt
PATH="$PATH:/usr/sbin:/sbin"

missing=
for program in ${*:-$(awk '!/^#/ { print $1 }' "$list")}; do
  command -v "$program" >/dev/null && continue
  package=$(awk -v program="$program" '$1 == program { print $2 }' "$list")
  missing="$missing ${package:?packages.txt does not know $program}"
done

if [ -z "$missing" ]; then
  echo "all programs are there"
  exit 0
fi
if ! command -v apt-get >/dev/null; then
  echo "this is no Debian; install what gives:$missing" >&2
  exit 1
fi
if [ "$(id -u)" -ne 0 ]; then
  echo "ask root for: apt-get install$missing" >&2
  exit 1
fi
export DEBIAN_FRONTEND=noninteractive RUNLEVEL=1
apt-get update -qq
# shellcheck disable=SC2086 # a list of words
apt-get install -qq -y --no-install-recommends $missing
