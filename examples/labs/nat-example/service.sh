# A virtual service, and its real servers:
ipvsadm -A -t 12.11.0.101:80 -s rr
ipvsadm -a -t 12.11.0.101:80 -r 172.16.1.2:80 -m -w 1
ipvsadm -a -t 12.11.0.101:80 -r 172.16.1.3:80 -m -w 1
# Now 6 times, on the client: curl http://12.11.0.101/
ipvsadm -L -n
# Live: weighted round robin, and the first server gets two of three:
ipvsadm -E -t 12.11.0.101:80 -s wrr
ipvsadm -e -t 12.11.0.101:80 -r 172.16.1.2:80 -m -w 2
# Now 6 times, on the client: curl http://12.11.0.101/
ipvsadm -L -n
ipvsadm -L -n --stats
