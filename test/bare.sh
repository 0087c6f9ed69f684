#!/bin/sh
# bare.sh: the tests as on four machines with few programs: as root and as another user, with iproute2 and without.
set -eu
if [ "$(id -u)" -ne 0 ]; then
  echo "needs root: one of the users is root" >&2
  exit 4
fi

few="node npm make git sh grep sed awk diff"
coreutils="[ basename cat chmod chown cp cut date dd df dirname echo env expr false head id install ln ls mkdir mkfifo
  mknod mktemp mv nproc od printf pwd readlink realpath rm rmdir seq sleep sort stat sync tail tee test timeout touch tr
  true truncate uname uniq wc"

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
chmod 755 "$scratch"

# path_of NAME PROGRAM...: a folder with links to these programs and nothing else.
path_of() {
  folder=$scratch/$1
  shift
  mkdir "$folder"
  for program; do
    # Not `command -v`: for what the shell can do itself that says no path.
    for place in $(echo "$PATH" | tr : ' '); do
      [ ! -x "$place/$program" ] || [ -e "$folder/$program" ] || ln -s "$(readlink -f "$place/$program")" "$folder/$program"
    done
  done
  echo "$folder"
}

# run USER PATH TITLE: the tests in a copy of this tree.
run() {
  chown -R "$1" "$tree" "$scratch/home"
  echo "== $3"
  (cd "$tree" && setpriv --reuid "$1" --regid "$1" --clear-groups env -i HOME="$scratch/home" PATH="$2" make test)
}

tree=$scratch/tree
mkdir "$scratch/home"
cp -a . "$tree"
# shellcheck disable=SC2086 # lists of words
{
  without=$(path_of without $few $coreutils)
  with=$(path_of with $few $coreutils ip)
}
status=0
for user in 0 65534; do
  run $user "$without" "user $user, without iproute2" || status=1
  run $user "$with" "user $user, with iproute2" || status=1
done
exit $status
