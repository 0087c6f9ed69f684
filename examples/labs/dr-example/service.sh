# A virtual service, and its real servers:
ipvsadm -A -t 12.11.0.101:80 -s rr
ipvsadm -a -t 12.11.0.101:80 -r 12.11.0.103:80 -g -w 1
ipvsadm -a -t 12.11.0.101:80 -r 12.11.0.104:80 -g -w 1
# Now 6 times, on the client: curl http://12.11.0.101/
ipvsadm -L -n
ipvsadm -L -n --stats
