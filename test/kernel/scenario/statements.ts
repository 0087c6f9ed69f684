/** The statements of a scenario: what each first word means. A line that begins with none of them is a packet. */

import { LARGEST_MTU, type Prefixed, prefixed, SMALLEST_MTU } from "../../../src/core/host/config/config.ts";
import { ANY, firstWord, formatIpv4, ipv4, isNetwork, parseIpv4, parseMac } from "../../../src/core/wire/address.ts";
import { ARP_REPLY, ARP_REQUEST, arpFrame } from "../../../src/core/wire/arp.ts";
import { BROADCAST, macNumber } from "../../../src/core/wire/ethernet.ts";
import { PROTOCOL_TCP, PROTOCOL_UDP } from "../../../src/core/wire/ipv4.ts";
import type { Speech } from "../conversation.ts";
import { macOf } from "../frames.ts";
import { readSpeech } from "./packet-words.ts";
import type { Scene } from "./scene.ts";
import { hexBytes, type Words } from "./words.ts";

type Statement = (scene: Scene, words: Words) => void;

export const STATEMENTS: Readonly<Record<string, Statement | undefined>> = {
  director: (scene, words) => {
    beforeEvents(scene, words);
    const name = words.word("the name of an interface");
    const addresses: Prefixed[] = [];
    while (/^\d/.test(words.peek() ?? "")) addresses.push(words.parsed("an address such as 10.1.0.254/24", networkOf));
    const mac = words.accept("mac") ? words.parsed("a MAC address", macWord) : undefined;
    const mtu = words.accept("mtu") ? words.integer("an MTU", SMALLEST_MTU, LARGEST_MTU) : undefined;
    scene.network.addInterface(name, addresses, mtu, mac);
  },
  host: (scene, words) => {
    beforeEvents(scene, words);
    const name = words.word("the name of a host");
    const address = words.address(scene.network.names);
    words.expect("on");
    const dev = interfaceOf(scene, words);
    const mac = words.accept("mac") ? { mac: words.parsed("a MAC address", macWord) } : {};
    scene.network.addStation({ name, address, dev, ...mac, known: !words.accept("unknown") });
  },
  name: (scene, words) => {
    const name = words.word("a name");
    scene.network.names.set(name, words.address(scene.network.names));
  },
  route: (scene, words) => {
    beforeEvents(scene, words);
    const to = words.parsed('a network such as 10.9.0.0/16, or "default"', network);
    const via = words.accept("via") ? { via: ipv4(words.address(scene.network.names)) } : {};
    const dev = words.accept("dev") ? { dev: interfaceOf(scene, words) } : {};
    if (!("via" in via) && !("dev" in dev)) words.refuse('"via HOST" or "dev INTERFACE"');
    scene.network.routes.push({ to, ...via, ...dev });
  },
  mark: (scene, words) => {
    beforeEvents(scene, words);
    const protocol = words.parsed("tcp or udp", (word) =>
      word === "tcp" ? PROTOCOL_TCP : word === "udp" ? PROTOCOL_UDP : undefined,
    );
    const destination = prefixed(words.address(scene.network.names), 32);
    const [portFirst, portLast] = words.parsed("ports such as 80 or 8000:8010", ports);
    const mark = words.integer("a mark", 1, 0xffffffff);
    scene.network.marks.push({ protocol, destination, portFirst, portLast, mark });
  },
  sysctl: (scene, words) => {
    const key = words.word("the name of a sysctl");
    const value = words.integer("a value", -(2 ** 31), 2 ** 31 - 1);
    if (scene.started) scene.stage.sysctl(key, value);
    else scene.network.sysctl[key] = value;
  },
  ipvsadm: (scene, words) =>
    void scene.stage.ipvsadm(
      words
        .rest()
        .map((word) => named(scene, word))
        .join(" "),
    ),
  show: (scene, words) => void scene.stage.ipvsadm(words.done ? "-Ln" : words.rest().join(" ")),
  proc: (scene, words) => void scene.stage.proc(words.word("the name of a file in /proc/net")),
  sleep: (scene, words) => scene.note(scene.stage.sleep(words.seconds())),
  raw: (scene, words) => {
    const dev = interfaceOf(scene, words);
    scene.arrive(dev, words.parsed("a frame as pairs of hexadecimal digits", hexBytes));
  },
  times: (scene, words) => {
    const times = words.integer("how many times", 1, 1000);
    scene.packet(words, times);
  },
  arp: (scene, words) => arp(scene, words),
  client: (scene, words) => speak(scene, words, "client"),
  server: (scene, words) => speak(scene, words, "server"),
};

function beforeEvents(scene: Scene, words: Words): void {
  if (scene.started) words.refuse("the description of the network before the first event");
}

const interfaceOf = (scene: Scene, words: Words): string =>
  words.parsed("an interface of the director", (word) =>
    scene.network.interfaces.some(({ name }) => name === word) ? word : undefined,
  );

function networkOf(word: string): Prefixed | undefined {
  const [, host = "", length] = /^([^/]+)\/(\d{1,2})$/.exec(word) ?? [];
  const ip = parseIpv4(host);
  return ip === undefined || Number(length) > 32 ? undefined : prefixed(ip, Number(length));
}

function network(word: string): Prefixed | undefined {
  if (word === "default") return prefixed(0, 0);
  const to = networkOf(word);
  return to !== undefined && isNetwork(to.address, to.prefix) ? to : undefined;
}

const macWord = (word: string): string | undefined => (parseMac(word) === undefined ? undefined : word);

const ports = (word: string): readonly [number, number] | undefined => {
  const [, first, last = first] = /^(\d{1,5})(?::(\d{1,5}))?$/.exec(word) ?? [];
  return first === undefined ? undefined : [Number(first), Number(last)];
};

/** Names of addresses in a command line: `vip:80` and `s1` are told as ipvsadm wants them. */
function named(scene: Scene, word: string): string {
  const [host = "", ...port] = word.split(":");
  const address = scene.network.names.get(host);
  return address === undefined ? word : [formatIpv4(address), ...port].join(":");
}

/** `arp HOST who-has ADDRESS`, `arp HOST is-at` (an answer to the director), `arp HOST announces`. */
function arp(scene: Scene, words: Words): void {
  const { network, stage } = scene;
  const host = words.parsed("a host given before", (word) => network.stations.find(({ name }) => name === word));
  const senderMac = macNumber(macOf(host.mac));
  const sender = { senderMac, senderIp: host.address };
  const ours = macNumber(macOf(network.directorMac(host.dev)));
  if (words.accept("is-at")) {
    const own = network.interfaces.find(({ name }) => name === host.dev)?.addresses[0]?.address ?? ANY;
    const targetIp = firstWord(own);
    const frame = arpFrame({ operation: ARP_REPLY, ...sender, targetMac: ours, targetIp, to: ours });
    scene.note(stage.rx(host.dev, frame.contents()));
    return;
  }
  const targetIp = words.accept("announces") ? host.address : whoHas(scene, words);
  const frame = arpFrame({ operation: ARP_REQUEST, ...sender, targetMac: 0, targetIp, to: BROADCAST });
  scene.note(stage.rx(host.dev, frame.contents()));
}

function whoHas(scene: Scene, words: Words): number {
  if (!words.accept("who-has")) words.refuse('"who-has ADDRESS", "is-at" or "announces"');
  return words.address(scene.network.names);
}

/** `client PA data "GET /"`, `server SA`, `client of NAME FA`. */
function speak(scene: Scene, words: Words, who: "client" | "server"): void {
  const label = words.accept("of") ? words.word("the name of a conversation") : "";
  const conversation = scene.conversations.get(label);
  if (conversation === undefined) words.refuse("a conversation before this line");
  if (who === "server" && !conversation.isAnswerable) {
    words.refuse("a conversation with a real server whose answers pass the director");
  }
  const { payload, header } = readSpeech(words, scene.network, conversation.ends.protocol);
  const speech: Speech = { ...payload, header };
  scene.note(who === "client" ? conversation.clientSays(speech) : (conversation.serverSays(speech) ?? []));
}
