#!/bin/sh
# Run by keepalived, with a pipe into which it writes a line for each change of a VRRP instance: INSTANCE "web" MASTER 150.
# The director has the addresses while the instance is master, and announces them when they come. One change after the other:
# of notify scripts two can run side by side, and the one that ends last has its way.
ADDRESSES='10.1.0.100/32,eth0 10.2.0.254/24,eth1'
keepalived=$PPID
# Before it ends, it asks this script to, writes STOP, and waits a second.
trap '' TERM

each() {
    for one in $ADDRESSES; do
        tapvs address "$1" "${one%,*}" dev "${one#*,}"
    done
}

while read -r what instance state _; do
    [ "$what $instance" = 'INSTANCE "web"' ] || continue
    echo "$instance is $state"
    case $state in
        MASTER) each add ;;
        *) each del 2>/dev/null ;;
    esac
done <"$1"

# The pipe ends when keepalived reads its file again, too. Then it is still there, has started this script anew, and tells that
# one only of changes. Without it nobody says who is master.
sleep 0.2
kill -0 "$keepalived" 2>/dev/null || each del 2>/dev/null
