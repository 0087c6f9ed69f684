# director: its namespace, with a bridge for each segment
ip netns add tvs-nat-director
ip netns exec tvs-nat-director sysctl -qew net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
# The kernel here is a switch, and where health checks start; routing is the business of tapvs.
ip netns exec tvs-nat-director sysctl -qw net.ipv4.ip_forward=0 net.ipv4.conf.all.arp_ignore=1
ip -n tvs-nat-director link set lo up
ip -n tvs-nat-director link add tvs-front type bridge stp_state 0 mcast_snooping 0
ip -n tvs-nat-director link set tvs-front up
ip -n tvs-nat-director link add tvs-back type bridge stp_state 0 mcast_snooping 0
ip -n tvs-nat-director link set tvs-back up
# From here health checks reach the real servers.
ip -n tvs-nat-director addr add 172.16.1.253/24 dev tvs-back

# client: where requests come from
ip netns add tvs-nat-client
ip netns exec tvs-nat-client sysctl -qew net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n tvs-nat-client link set lo up
ip link add eth0 address 02:00:00:0c:00:01 netns tvs-nat-client type veth peer name tvs-client-0 netns tvs-nat-director
ip -n tvs-nat-director link set tvs-client-0 master tvs-front up
ip -n tvs-nat-client link set eth0 up
ip -n tvs-nat-client addr add 12.11.0.10/24 dev eth0
ip -n tvs-nat-client addr add 12.11.0.11/24 dev eth0
ip -n tvs-nat-client addr add 12.11.0.12/24 dev eth0
ip -n tvs-nat-client addr add 12.11.0.13/24 dev eth0

# rs1: a real server
ip netns add tvs-nat-rs1
ip netns exec tvs-nat-rs1 sysctl -qew net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n tvs-nat-rs1 link set lo up
ip link add eth0 address 02:00:00:0e:00:01 netns tvs-nat-rs1 type veth peer name tvs-rs1-0 netns tvs-nat-director
ip -n tvs-nat-director link set tvs-rs1-0 master tvs-back up
ip -n tvs-nat-rs1 link set eth0 up
ip -n tvs-nat-rs1 addr add 172.16.1.2/24 dev eth0
# The director must see the answers to translate them back, so it is the gateway (this is the DIP).
ip -n tvs-nat-rs1 route add default via 172.16.1.1
ip netns exec tvs-nat-rs1 node /usr/lib/node_modules/tapvs/dist/program/lab/programs/web-server.js --name rs1 --port 80 --sessions memory &

# rs2: a real server
ip netns add tvs-nat-rs2
ip netns exec tvs-nat-rs2 sysctl -qew net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n tvs-nat-rs2 link set lo up
ip link add eth0 address 02:00:00:0e:00:02 netns tvs-nat-rs2 type veth peer name tvs-rs2-0 netns tvs-nat-director
ip -n tvs-nat-director link set tvs-rs2-0 master tvs-back up
ip -n tvs-nat-rs2 link set eth0 up
ip -n tvs-nat-rs2 addr add 172.16.1.3/24 dev eth0
# The director must see the answers to translate them back, so it is the gateway (this is the DIP).
ip -n tvs-nat-rs2 route add default via 172.16.1.1
ip netns exec tvs-nat-rs2 node /usr/lib/node_modules/tapvs/dist/program/lab/programs/web-server.js --name rs2 --port 80 --sessions memory &

# director: tapvs on the TAP devices that its configuration names
mkdir -p /run/tapvs/labs/nat
cat > /run/tapvs/labs/nat/director.yaml <<'END'
# The director of the lab nat. NAT (-m): the director writes the real server's address over the VIP, and the VIP back into the replies. Both directions go through it.
interfaces:
  - name: eth0
    tap: tvs-eth0
    bridge: tvs-front
    mac: "02:00:00:0d:00:01"
    addresses: [12.11.0.101/24]
  - name: eth1
    tap: tvs-eth1
    bridge: tvs-back
    mac: "02:00:00:0d:01:01"
    addresses: [172.16.1.1/24]
END
ip netns exec tvs-nat-director tapvs run -c /run/tapvs/labs/nat/director.yaml --socket /run/tapvs/lab-nat.sock --proc /run/tapvs/labs/nat/proc &
