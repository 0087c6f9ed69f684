# director: its namespace, with a bridge for each segment
ip netns add tvs-tun-director
ip netns exec tvs-tun-director sysctl -qew net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
# The kernel here is a switch, and where health checks start; routing is the business of tapvs.
ip netns exec tvs-tun-director sysctl -qw net.ipv4.ip_forward=0 net.ipv4.conf.all.arp_ignore=1
ip -n tvs-tun-director link set lo up
ip -n tvs-tun-director link add tvs-outside type bridge stp_state 0 mcast_snooping 0
ip -n tvs-tun-director link set tvs-outside up
ip -n tvs-tun-director link add tvs-front type bridge stp_state 0 mcast_snooping 0
ip -n tvs-tun-director link set tvs-front up
ip -n tvs-tun-director link add tvs-far1 type bridge stp_state 0 mcast_snooping 0
ip -n tvs-tun-director link set tvs-far1 up
ip -n tvs-tun-director link add tvs-far2 type bridge stp_state 0 mcast_snooping 0
ip -n tvs-tun-director link set tvs-far2 up
# From here health checks reach the real servers.
ip -n tvs-tun-director addr add 10.1.0.253/24 dev tvs-front
ip -n tvs-tun-director route add default via 10.1.0.1

# client: where requests come from
ip netns add tvs-tun-client
ip netns exec tvs-tun-client sysctl -qew net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n tvs-tun-client link set lo up
ip link add eth0 address 02:00:00:0c:00:01 netns tvs-tun-client type veth peer name tvs-client-0 netns tvs-tun-director
ip -n tvs-tun-director link set tvs-client-0 master tvs-outside up
ip -n tvs-tun-client link set eth0 up
ip -n tvs-tun-client addr add 10.0.0.10/24 dev eth0
ip -n tvs-tun-client addr add 10.0.0.11/24 dev eth0
ip -n tvs-tun-client addr add 10.0.0.12/24 dev eth0
ip -n tvs-tun-client addr add 10.0.0.13/24 dev eth0
# The client is in another network than the director.
ip -n tvs-tun-client route add default via 10.0.0.1

# router: between the client's network and the others
ip netns add tvs-tun-router
ip netns exec tvs-tun-router sysctl -qew net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
# A router forwards.
ip netns exec tvs-tun-router sysctl -qw net.ipv4.ip_forward=1
# Answers with the VIP as their source come from a real server's network, not from the VIP's: no check of the path back.
ip netns exec tvs-tun-router sysctl -qw net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0
ip -n tvs-tun-router link set lo up
ip link add eth0 address 02:00:00:0a:00:01 netns tvs-tun-router type veth peer name tvs-router-0 netns tvs-tun-director
ip -n tvs-tun-director link set tvs-router-0 master tvs-outside up
ip -n tvs-tun-router link set eth0 up
ip -n tvs-tun-router addr add 10.0.0.1/24 dev eth0
ip link add eth1 address 02:00:00:0a:01:01 netns tvs-tun-router type veth peer name tvs-router-1 netns tvs-tun-director
ip -n tvs-tun-director link set tvs-router-1 master tvs-front up
ip -n tvs-tun-router link set eth1 up
ip -n tvs-tun-router addr add 10.1.0.1/24 dev eth1
ip link add eth2 address 02:00:00:0a:02:01 netns tvs-tun-router type veth peer name tvs-router-2 netns tvs-tun-director
ip -n tvs-tun-director link set tvs-router-2 master tvs-far1 up
ip -n tvs-tun-router link set eth2 up
ip -n tvs-tun-router addr add 10.3.1.1/24 dev eth2
ip link add eth3 address 02:00:00:0a:03:01 netns tvs-tun-router type veth peer name tvs-router-3 netns tvs-tun-director
ip -n tvs-tun-director link set tvs-router-3 master tvs-far2 up
ip -n tvs-tun-router link set eth3 up
ip -n tvs-tun-router addr add 10.3.2.1/24 dev eth3

# rs1: a real server
ip netns add tvs-tun-rs1
ip netns exec tvs-tun-rs1 sysctl -qew net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
# The client's packets come out of tunl0, the replies leave by eth0: no check of the path back.
ip netns exec tvs-tun-rs1 sysctl -qw net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0
# The VIP is on this server too, and only the director may answer ARP requests for it: answer only for addresses of the port that was asked.
ip netns exec tvs-tun-rs1 sysctl -qw net.ipv4.conf.all.arp_ignore=1
# An ARP request of this server must not carry the VIP as its sender, or its neighbors would learn the wrong owner.
ip netns exec tvs-tun-rs1 sysctl -qw net.ipv4.conf.all.arp_announce=2
ip -n tvs-tun-rs1 link set lo up
ip link add eth0 address 02:00:00:0e:00:01 netns tvs-tun-rs1 type veth peer name tvs-rs1-0 netns tvs-tun-director
ip -n tvs-tun-director link set tvs-rs1-0 master tvs-far1 up
ip -n tvs-tun-rs1 link set eth0 up
ip -n tvs-tun-rs1 addr add 10.3.1.11/24 dev eth0
# The end of the director's tunnel: a TUN device, for this kernel has no IPIP. A program below takes the packets apart.
ip -n tvs-tun-rs1 tuntap add dev tunl0 mode tun
ip -n tvs-tun-rs1 link set tunl0 up
# The packet in the tunnel is addressed to the VIP, so the server must take it for its own.
ip -n tvs-tun-rs1 addr add 10.1.0.100/32 dev tunl0
# Replies go straight to the client, by the server's own router.
ip -n tvs-tun-rs1 route add default via 10.3.1.1
ip netns exec tvs-tun-rs1 node /usr/lib/node_modules/tapvs/dist/program/lab/programs/decapsulator.js tunl0 &
ip netns exec tvs-tun-rs1 node /usr/lib/node_modules/tapvs/dist/program/lab/programs/web-server.js --name rs1 --port 80 --sessions memory &

# rs2: a real server
ip netns add tvs-tun-rs2
ip netns exec tvs-tun-rs2 sysctl -qew net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
# The client's packets come out of tunl0, the replies leave by eth0: no check of the path back.
ip netns exec tvs-tun-rs2 sysctl -qw net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0
# The VIP is on this server too, and only the director may answer ARP requests for it: answer only for addresses of the port that was asked.
ip netns exec tvs-tun-rs2 sysctl -qw net.ipv4.conf.all.arp_ignore=1
# An ARP request of this server must not carry the VIP as its sender, or its neighbors would learn the wrong owner.
ip netns exec tvs-tun-rs2 sysctl -qw net.ipv4.conf.all.arp_announce=2
ip -n tvs-tun-rs2 link set lo up
ip link add eth0 address 02:00:00:0e:00:02 netns tvs-tun-rs2 type veth peer name tvs-rs2-0 netns tvs-tun-director
ip -n tvs-tun-director link set tvs-rs2-0 master tvs-far2 up
ip -n tvs-tun-rs2 link set eth0 up
ip -n tvs-tun-rs2 addr add 10.3.2.11/24 dev eth0
# The end of the director's tunnel: a TUN device, for this kernel has no IPIP. A program below takes the packets apart.
ip -n tvs-tun-rs2 tuntap add dev tunl0 mode tun
ip -n tvs-tun-rs2 link set tunl0 up
# The packet in the tunnel is addressed to the VIP, so the server must take it for its own.
ip -n tvs-tun-rs2 addr add 10.1.0.100/32 dev tunl0
# Replies go straight to the client, by the server's own router.
ip -n tvs-tun-rs2 route add default via 10.3.2.1
ip netns exec tvs-tun-rs2 node /usr/lib/node_modules/tapvs/dist/program/lab/programs/decapsulator.js tunl0 &
ip netns exec tvs-tun-rs2 node /usr/lib/node_modules/tapvs/dist/program/lab/programs/web-server.js --name rs2 --port 80 --sessions memory &

# director: tapvs on the TAP devices that its configuration names
mkdir -p /run/tapvs/labs/tun
cat > /run/tapvs/labs/tun/director.yaml <<'END'
# The director of the lab tun. IPIP tunnel (-i): the director puts the packet into another one, addressed to the real server, which may be anywhere. The real server unpacks it and answers the client itself.
interfaces:
  - name: eth0
    tap: tvs-eth0
    bridge: tvs-front
    mac: "02:00:00:0d:00:01"
    addresses: [10.1.0.254/24, 10.1.0.100/32]
    gro: true
routes:
  - {to: default, via: 10.1.0.1}
rules: |
  -A -t 10.1.0.100:80 -s rr
  -a -t 10.1.0.100:80 -r 10.3.1.11:80 -i -w 1
  -a -t 10.1.0.100:80 -r 10.3.2.11:80 -i -w 1
END
ip netns exec tvs-tun-director tapvs run -c /run/tapvs/labs/tun/director.yaml --socket /run/tapvs/lab-tun.sock --proc /run/tapvs/labs/tun/proc &
