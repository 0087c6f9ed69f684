# director: its namespace, with a bridge for each segment
ip netns add tvs-dr-director
ip netns exec tvs-dr-director sysctl -qew net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
# The kernel here is a switch, and where health checks start; routing is the business of tapvs.
ip netns exec tvs-dr-director sysctl -qw net.ipv4.ip_forward=0 net.ipv4.conf.all.arp_ignore=1
ip -n tvs-dr-director link set lo up
ip -n tvs-dr-director link add tvs-outside type bridge stp_state 0 mcast_snooping 0
ip -n tvs-dr-director link set tvs-outside up
ip -n tvs-dr-director link add tvs-lan type bridge stp_state 0 mcast_snooping 0
ip -n tvs-dr-director link set tvs-lan up
# From here health checks reach the real servers.
ip -n tvs-dr-director addr add 10.1.0.253/24 dev tvs-lan

# client: where requests come from
ip netns add tvs-dr-client
ip netns exec tvs-dr-client sysctl -qew net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n tvs-dr-client link set lo up
ip link add eth0 address 02:00:00:0c:00:01 netns tvs-dr-client type veth peer name tvs-client-0 netns tvs-dr-director
ip -n tvs-dr-director link set tvs-client-0 master tvs-outside up
ip -n tvs-dr-client link set eth0 up
ip -n tvs-dr-client addr add 10.0.0.10/24 dev eth0
ip -n tvs-dr-client addr add 10.0.0.11/24 dev eth0
ip -n tvs-dr-client addr add 10.0.0.12/24 dev eth0
ip -n tvs-dr-client addr add 10.0.0.13/24 dev eth0
# The client is in another network than the director.
ip -n tvs-dr-client route add default via 10.0.0.1

# router: between the client's network and the others
ip netns add tvs-dr-router
ip netns exec tvs-dr-router sysctl -qew net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
# A router forwards.
ip netns exec tvs-dr-router sysctl -qw net.ipv4.ip_forward=1
ip -n tvs-dr-router link set lo up
ip link add eth0 address 02:00:00:0a:00:01 netns tvs-dr-router type veth peer name tvs-router-0 netns tvs-dr-director
ip -n tvs-dr-director link set tvs-router-0 master tvs-outside up
ip -n tvs-dr-router link set eth0 up
ip -n tvs-dr-router addr add 10.0.0.1/24 dev eth0
ip link add eth1 address 02:00:00:0a:01:01 netns tvs-dr-router type veth peer name tvs-router-1 netns tvs-dr-director
ip -n tvs-dr-director link set tvs-router-1 master tvs-lan up
ip -n tvs-dr-router link set eth1 up
ip -n tvs-dr-router addr add 10.1.0.1/24 dev eth1

# rs1: a real server
ip netns add tvs-dr-rs1
ip netns exec tvs-dr-rs1 sysctl -qew net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
# The VIP is on this server too, and only the director may answer ARP requests for it: answer only for addresses of the port that was asked.
ip netns exec tvs-dr-rs1 sysctl -qw net.ipv4.conf.all.arp_ignore=1
# An ARP request of this server must not carry the VIP as its sender, or its neighbors would learn the wrong owner.
ip netns exec tvs-dr-rs1 sysctl -qw net.ipv4.conf.all.arp_announce=2
ip -n tvs-dr-rs1 link set lo up
ip link add eth0 address 02:00:00:0e:00:01 netns tvs-dr-rs1 type veth peer name tvs-rs1-0 netns tvs-dr-director
ip -n tvs-dr-director link set tvs-rs1-0 master tvs-lan up
ip -n tvs-dr-rs1 link set eth0 up
ip -n tvs-dr-rs1 addr add 10.1.0.11/24 dev eth0
# The packets still carry the VIP, so the server must take it for its own; after the two settings above, never before them.
ip -n tvs-dr-rs1 addr add 10.1.0.100/32 dev lo
# Replies go straight to the client: the gateway is the network's router, not the director.
ip -n tvs-dr-rs1 route add default via 10.1.0.1
ip netns exec tvs-dr-rs1 node /usr/lib/node_modules/tapvs/dist/program/lab/programs/web-server.js --name rs1 --port 80 --sessions memory &

# rs2: a real server
ip netns add tvs-dr-rs2
ip netns exec tvs-dr-rs2 sysctl -qew net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
# The VIP is on this server too, and only the director may answer ARP requests for it: answer only for addresses of the port that was asked.
ip netns exec tvs-dr-rs2 sysctl -qw net.ipv4.conf.all.arp_ignore=1
# An ARP request of this server must not carry the VIP as its sender, or its neighbors would learn the wrong owner.
ip netns exec tvs-dr-rs2 sysctl -qw net.ipv4.conf.all.arp_announce=2
ip -n tvs-dr-rs2 link set lo up
ip link add eth0 address 02:00:00:0e:00:02 netns tvs-dr-rs2 type veth peer name tvs-rs2-0 netns tvs-dr-director
ip -n tvs-dr-director link set tvs-rs2-0 master tvs-lan up
ip -n tvs-dr-rs2 link set eth0 up
ip -n tvs-dr-rs2 addr add 10.1.0.12/24 dev eth0
# The packets still carry the VIP, so the server must take it for its own; after the two settings above, never before them.
ip -n tvs-dr-rs2 addr add 10.1.0.100/32 dev lo
# Replies go straight to the client: the gateway is the network's router, not the director.
ip -n tvs-dr-rs2 route add default via 10.1.0.1
ip netns exec tvs-dr-rs2 node /usr/lib/node_modules/tapvs/dist/program/lab/programs/web-server.js --name rs2 --port 80 --sessions memory &

# director: tapvs on the TAP devices that its configuration names
mkdir -p /run/tapvs/labs/dr
cat > /run/tapvs/labs/dr/director.yaml <<'END'
# The director of the lab dr. Direct routing (-g): the director sends the packet, its addresses and ports unchanged, to a real server's MAC address. The reply goes from the real server to the client and does not pass the director.
interfaces:
  - name: eth0
    tap: tvs-eth0
    bridge: tvs-lan
    mac: "02:00:00:0d:00:01"
    addresses: [10.1.0.254/24, 10.1.0.100/32]
routes:
  - {to: default, via: 10.1.0.1}
rules: |
  -A -t 10.1.0.100:80 -s rr
  -a -t 10.1.0.100:80 -r 10.1.0.11:80 -g -w 1
  -a -t 10.1.0.100:80 -r 10.1.0.12:80 -g -w 1
END
ip netns exec tvs-dr-director tapvs run -c /run/tapvs/labs/dr/director.yaml --socket /run/tapvs/lab-dr.sock --proc /run/tapvs/labs/dr/proc &
