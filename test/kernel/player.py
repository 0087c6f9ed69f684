"""player.py INPUTS OUTPUTS: plays the inputs of transcripts on the kernel it runs on, and writes down what that did.

Runs as root inside the guest that boot.sh starts; needs nothing but Python and iproute2, ipvsadm, iptables. Every
transcript gets a network namespace of its own for the director. The other ends of the director's wires stay outside of
it, where packet sockets inject frames and catch what comes back.
"""
import contextlib
import ctypes
import json
import os
import select
import socket
import struct
import subprocess
import sys
import time
import traceback

# After a frame went in, nothing more may come out for so long. It is a real wait, however late it is already: only while
# we sleep does the kernel surely get to what it put off (ksoftirqd).
QUIET_SECONDS = 0.002
# Frames that the director sends because its ports came up are none of the transcript's.
SETTLE_SECONDS = 0.03
ETH_P_ALL = 3
PACKET_OUTGOING = 4
SOL_PACKET = 263
PACKET_STATISTICS = 6
CLONE_NEWNET = 0x40000000

libc = ctypes.CDLL(None, use_errno=True)


def check(result):
    if result != 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))


class Namespace:
    """A network namespace that lives as long as this object holds it open."""

    def __init__(self):
        outside = os.open('/proc/self/ns/net', os.O_RDONLY)
        try:
            check(libc.unshare(CLONE_NEWNET))
            self.fd = os.open('/proc/self/ns/net', os.O_RDONLY)
            check(libc.setns(outside, CLONE_NEWNET))
        finally:
            os.close(outside)

    @contextlib.contextmanager
    def inside(self):
        outside = os.open('/proc/self/ns/net', os.O_RDONLY)
        check(libc.setns(self.fd, CLONE_NEWNET))
        try:
            yield
        finally:
            check(libc.setns(outside, CLONE_NEWNET))
            os.close(outside)

    @property
    def path(self):
        return '/proc/%d/fd/%d' % (os.getpid(), self.fd)

    def close(self):
        os.close(self.fd)


def run(words, stdin=None):
    return subprocess.run(words, input=stdin, capture_output=True, text=True, close_fds=False)


def ip(lines):
    """Several `ip` commands in one process; the first that fails ends the transcript."""
    done = run(['ip', '-batch', '-'], '\n'.join(lines) + '\n')
    if done.returncode:
        raise RuntimeError('ip: %s' % done.stderr.strip())


def set_sysctl(key, value):
    # Interfaces may have dots in their names, but none of ours has.
    with open('/proc/sys/' + key.replace('.', '/'), 'w') as file:
        file.write(str(value))


def speaks_ipv6(head):
    return any(':' in address for interface in head['interfaces'] for address in interface.get('addresses', []))


def is_report(frame):
    """What a host says by itself of the multicast groups it begins to listen to (MLD, records of type 4); not what it replies to queries."""
    is_mld = frame[12:14] == b'\x86\xdd' and len(frame) > 70 and frame[20] == 0 and frame[54] == 58
    return is_mld and frame[62] == 143 and frame[70] == 4


def defaults(interfaces, ipv6):
    """The switches every recording starts from; a transcript's own come on top."""
    values = {'net.ipv4.ip_forward': 1, 'net.ipv4.icmp_ratelimit': 0}
    if ipv6:
        values.update({'net.ipv6.conf.all.forwarding': 1, 'net.ipv6.icmp.ratelimit': 0})
    for name in ['all', 'default'] + interfaces:
        values['net.ipv4.conf.%s.rp_filter' % name] = 0
        values['net.ipv4.conf.%s.send_redirects' % name] = 0
    return values


class Director:
    """The host under test, and our ends of its wires."""

    def __init__(self, head):
        self.namespace = Namespace()
        self.outer = {}
        # One socket sends into each wire; one hears them all, so that frames keep their order across wires.
        self.mouths = {}
        self.ear = None
        interfaces = head['interfaces']
        for number, interface in enumerate(interfaces):
            self.outer[interface['name']] = 'wire%d' % number
        try:
            self.connect()
            with self.namespace.inside():
                if speaks_ipv6(head):
                    self.enable_ipv6([interface['name'] for interface in interfaces])
                self.configure(head, interfaces)
        except BaseException:
            self.close()
            raise

    def connect(self):
        """Wires that carry our frames only: no ARP, no IPv6, no address on our side."""
        with self.namespace.inside():
            for name in ['all', 'default']:
                set_sysctl('net.ipv6.conf.%s.disable_ipv6' % name, 1)
        lines = []
        for name, outer in self.outer.items():
            lines.append('link add %s type veth peer name %s netns %s' % (outer, name, self.namespace.path))
            lines.append('link set %s up mtu 9000 arp off promisc on' % outer)
        ip(lines)
        self.ear = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
        self.ear.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 21)
        self.ear.setblocking(False)
        for name, outer in self.outer.items():
            self.mouths[name] = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
            self.mouths[name].bind((outer, 0))

    def enable_ipv6(self, names):
        """Addresses are used at once, no router is looked for, and nothing is drawn by lot that shows on the wire."""
        for name in ['all', 'default'] + names:
            for key, value in {'accept_dad': 0, 'router_solicitations': 0, 'accept_ra': 0, 'disable_ipv6': 0}.items():
                set_sysctl('net.ipv6.conf.%s.%s' % (name, key), value)
        set_sysctl('net.ipv6.auto_flowlabels', 0)

    def configure(self, head, interfaces):
        lines = ['link set lo up']
        for interface in interfaces:
            name = interface['name']
            if 'mac' in interface:
                lines.append('link set %s address %s' % (name, interface['mac']))
            if 'mtu' in interface:
                lines.append('link set %s mtu %d' % (name, interface['mtu']))
            own = interface.get('addresses', [])
            lines += ['addr add %s dev %s' % (address, name) for address in own if ':' not in address]
            lines.append('link set %s up' % name)
            lines += ['addr add %s dev %s nodad' % (address, name) for address in own if ':' in address]
        for neighbor in head.get('neighbors', []):
            lines.append('neigh replace %(address)s lladdr %(mac)s nud permanent dev %(dev)s' % neighbor)
        for route in head.get('routes', []):
            way = ['%s %s' % (word, route[word]) for word in ('via', 'dev') if word in route]
            lines.append('route add %s %s' % (route['to'], ' '.join(way)))
        ip(lines)
        values = defaults([interface['name'] for interface in interfaces], speaks_ipv6(head))
        values.update(head.get('sysctl', {}))
        for key, value in values.items():
            set_sysctl(key, value)
        for mark in head.get('marks', []):
            rule = '-t mangle -A PREROUTING -p %(protocol)s -d %(destination)s --dport %(ports)s -j MARK --set-mark %(mark)s'
            done = run(['ip6tables-legacy' if ':' in mark['destination'] else 'iptables-legacy'] + (rule % mark).split())
            if done.returncode:
                raise RuntimeError('iptables: %s' % done.stderr.strip())

    def send(self, name, frame):
        try:
            self.mouths[name].send(frame)
        except OSError as error:
            raise RuntimeError('%s does not take the frame (longer than its MTU?): %s' % (name, error)) from None

    def caught(self, seconds):
        """Yields the frames that come out until `seconds` have passed."""
        poll = select.poll()
        poll.register(self.ear.fileno(), select.POLLIN)
        end = time.monotonic() + seconds
        while True:
            left = end - time.monotonic()
            if poll.poll(max(QUIET_SECONDS, left) * 1000):
                yield from self.receive()
            elif left <= QUIET_SECONDS:
                return

    def receive(self):
        names = {outer: name for name, outer in self.outer.items()}
        while True:
            try:
                frame, sender = self.ear.recvfrom(65536)
            except BlockingIOError:
                return
            if sender[0] in names and sender[2] != PACKET_OUTGOING and not is_report(frame):
                yield names[sender[0]], frame

    def lost(self):
        """How many frames the kernel could not hand us."""
        _, dropped = struct.unpack('II', self.ear.getsockopt(SOL_PACKET, PACKET_STATISTICS, 8))
        return dropped

    def close(self):
        for one in [self.ear, *self.mouths.values()]:
            if one is not None:
                one.close()
        # The wires go at once, so that the next transcript may have their names; the namespace goes by itself.
        for outer in self.outer.values():
            run(['ip', 'link', 'del', outer])
        self.namespace.close()


class Player:
    """Plays events one after the other and notes what happened, each with the time since the first."""

    def __init__(self, director):
        self.director = director
        self.begin = None
        self.noted = []

    def now(self):
        if self.begin is None:
            self.begin = time.monotonic()
        return round(time.monotonic() - self.begin, 6)

    def play(self, event):
        what = event['do']
        if what != 'tx':
            getattr(self, what)(event)

    def note(self, **event):
        self.noted.append(event)

    def watch(self, seconds):
        for dev, frame in self.director.caught(seconds):
            self.note(do='tx', t=self.now(), dev=dev, frame=frame.hex())

    def rx(self, event):
        self.note(do='rx', t=self.now(), dev=event['dev'], frame=event['frame'])
        self.director.send(event['dev'], bytes.fromhex(event['frame']))
        self.watch(QUIET_SECONDS)

    def sleep(self, event):
        self.note(do='sleep', t=self.now(), seconds=event['seconds'])
        self.watch(event['seconds'])

    def ipvsadm(self, event):
        # A program takes its time to start: what it does, it does towards its end. Frames that the director sends by
        # itself meanwhile are noted when we look again, after the next arrival or in the next sleep.
        self.now()
        with self.director.namespace.inside():
            done = run(['ipvsadm'] + event['args'].split())
        self.note(do='ipvsadm', t=self.now(), args=event['args'], code=done.returncode & 255, out=done.stdout, err=done.stderr)

    def sysctl(self, event):
        self.note(do='sysctl', t=self.now(), key=event['key'], value=event['value'])
        with self.director.namespace.inside():
            set_sysctl(event['key'], event['value'])

    def proc(self, event):
        with self.director.namespace.inside(), open('/proc/net/' + event['name']) as file:
            self.note(do='proc', t=self.now(), name=event['name'], out=file.read())


def record(source, target):
    with open(source) as file:
        head, *events = [json.loads(line) for line in file if line.strip()]
    head['kernel'] = 'Linux ' + os.uname().release
    director = Director(head)
    try:
        time.sleep(SETTLE_SECONDS)
        for _ in director.caught(0):
            pass
        player = Player(director)
        for event in events:
            player.play(event)
        if director.lost():
            raise RuntimeError('frames were lost between the director and the player')
    finally:
        director.close()
    # Written whole or not at all: whoever waits for the recording sees it under its name when it is complete.
    with open(target + '.part', 'w') as file:
        for line in [head] + player.noted:
            file.write(json.dumps(line) + '\n')
    os.rename(target + '.part', target)
    return player.noted


def main():
    inputs, outputs = sys.argv[1:]
    for key in ['icmp_msgs_per_sec', 'icmp_msgs_burst']:
        set_sysctl('net.ipv4.' + key, 100000)
    for name in ['all', 'default']:
        set_sysctl('net.ipv6.conf.%s.disable_ipv6' % name, 1)
    failed = 0
    for name in sorted(os.listdir(inputs)):
        if not name.endswith('.jsonl'):
            continue
        begin = time.monotonic()
        try:
            noted = record(os.path.join(inputs, name), os.path.join(outputs, name))
        except Exception as error:
            failed += 1
            traceback.print_exc()
            print('failed %s: %s' % (name, error), flush=True)
            continue
        kinds = [event['do'] for event in noted]
        seconds = time.monotonic() - begin
        print('recorded %s: %d rx, %d tx, %.1f s' % (name, kinds.count('rx'), kinds.count('tx'), seconds), flush=True)
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
