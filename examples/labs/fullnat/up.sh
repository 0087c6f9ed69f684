# director: its namespace, with a bridge for each segment
ip netns add tvs-fullnat-director
ip netns exec tvs-fullnat-director sysctl -qew net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
# The kernel here is a switch, and where health checks start; routing is the business of tapvs.
ip netns exec tvs-fullnat-director sysctl -qw net.ipv4.ip_forward=0 net.ipv4.conf.all.arp_ignore=1
ip -n tvs-fullnat-director link set lo up
ip -n tvs-fullnat-director link add tvs-outside type bridge stp_state 0 mcast_snooping 0
ip -n tvs-fullnat-director link set tvs-outside up
ip -n tvs-fullnat-director link add tvs-front type bridge stp_state 0 mcast_snooping 0
ip -n tvs-fullnat-director link set tvs-front up
ip -n tvs-fullnat-director link add tvs-back type bridge stp_state 0 mcast_snooping 0
ip -n tvs-fullnat-director link set tvs-back up
# From here health checks reach the real servers.
ip -n tvs-fullnat-director addr add 10.2.0.253/24 dev tvs-back

# client: where requests come from
ip netns add tvs-fullnat-client
ip netns exec tvs-fullnat-client sysctl -qew net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n tvs-fullnat-client link set lo up
ip link add eth0 address 02:00:00:0c:00:01 netns tvs-fullnat-client type veth peer name tvs-client-0 netns tvs-fullnat-director
ip -n tvs-fullnat-director link set tvs-client-0 master tvs-outside up
ip -n tvs-fullnat-client link set eth0 up
ip -n tvs-fullnat-client addr add 10.0.0.10/24 dev eth0
ip -n tvs-fullnat-client addr add 10.0.0.11/24 dev eth0
ip -n tvs-fullnat-client addr add 10.0.0.12/24 dev eth0
ip -n tvs-fullnat-client addr add 10.0.0.13/24 dev eth0
# The client is in another network than the director.
ip -n tvs-fullnat-client route add default via 10.0.0.1

# router: between the client's network and the others
ip netns add tvs-fullnat-router
ip netns exec tvs-fullnat-router sysctl -qew net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
# A router forwards.
ip netns exec tvs-fullnat-router sysctl -qw net.ipv4.ip_forward=1
ip -n tvs-fullnat-router link set lo up
ip link add eth0 address 02:00:00:0a:00:01 netns tvs-fullnat-router type veth peer name tvs-router-0 netns tvs-fullnat-director
ip -n tvs-fullnat-director link set tvs-router-0 master tvs-outside up
ip -n tvs-fullnat-router link set eth0 up
ip -n tvs-fullnat-router addr add 10.0.0.1/24 dev eth0
ip link add eth1 address 02:00:00:0a:01:01 netns tvs-fullnat-router type veth peer name tvs-router-1 netns tvs-fullnat-director
ip -n tvs-fullnat-director link set tvs-router-1 master tvs-front up
ip -n tvs-fullnat-router link set eth1 up
ip -n tvs-fullnat-router addr add 10.1.0.1/24 dev eth1

# rs1: a real server
ip netns add tvs-fullnat-rs1
ip netns exec tvs-fullnat-rs1 sysctl -qew net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n tvs-fullnat-rs1 link set lo up
ip link add eth0 address 02:00:00:0e:00:01 netns tvs-fullnat-rs1 type veth peer name tvs-rs1-0 netns tvs-fullnat-director
ip -n tvs-fullnat-director link set tvs-rs1-0 master tvs-back up
ip -n tvs-fullnat-rs1 link set eth0 up
ip -n tvs-fullnat-rs1 addr add 10.2.0.11/24 dev eth0
ip netns exec tvs-fullnat-rs1 node /usr/lib/node_modules/tapvs/dist/program/lab/programs/web-server.js --name rs1 --port 80 --sessions memory &

# rs2: a real server
ip netns add tvs-fullnat-rs2
ip netns exec tvs-fullnat-rs2 sysctl -qew net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n tvs-fullnat-rs2 link set lo up
ip link add eth0 address 02:00:00:0e:00:02 netns tvs-fullnat-rs2 type veth peer name tvs-rs2-0 netns tvs-fullnat-director
ip -n tvs-fullnat-director link set tvs-rs2-0 master tvs-back up
ip -n tvs-fullnat-rs2 link set eth0 up
ip -n tvs-fullnat-rs2 addr add 10.2.0.12/24 dev eth0
ip netns exec tvs-fullnat-rs2 node /usr/lib/node_modules/tapvs/dist/program/lab/programs/web-server.js --name rs2 --port 80 --sessions memory &

# director: tapvs on the TAP devices that its configuration names
mkdir -p /run/tapvs/labs/fullnat
cat > /run/tapvs/labs/fullnat/director.yaml <<'END'
# The director of the lab fullnat. FULLNAT (-b): the director changes both addresses, so that the real server talks to a local address of the director (LIP) and needs no route to the client.
interfaces:
  - name: eth0
    tap: tvs-eth0
    bridge: tvs-front
    mac: "02:00:00:0d:00:01"
    addresses: [10.1.0.254/24, 10.1.0.100/32]
  - name: eth1
    tap: tvs-eth1
    bridge: tvs-back
    mac: "02:00:00:0d:01:01"
    addresses: [10.2.0.254/24, 10.2.0.201/32, 10.2.0.202/32]
routes:
  - {to: default, via: 10.1.0.1}
rules: |
  -A -t 10.1.0.100:80 -s rr --toa dpvs
  -P -t 10.1.0.100:80 -z 10.2.0.201
  -P -t 10.1.0.100:80 -z 10.2.0.202
  -a -t 10.1.0.100:80 -r 10.2.0.11:80 -b -w 1
  -a -t 10.1.0.100:80 -r 10.2.0.12:80 -b -w 1
END
ip netns exec tvs-fullnat-director tapvs run -c /run/tapvs/labs/fullnat/director.yaml --socket /run/tapvs/lab-fullnat.sock --proc /run/tapvs/labs/fullnat/proc &
