#!/usr/bin/env node
/*
 * Which real server gets which session? Runs a scenario through the emulator and prints the answer.
 *
 *   node examples/schedulers/sessions.mjs [--why] SCENARIO
 *
 * A scenario is a text file, one line after the other:
 *
 *   ipvsadm ARGS                 a command to the director; what it prints is printed
 *   sessions N [from CLIENT] [to VIP]
 *                                N TCP sessions are opened, one after the other. Each comes from a client of its own,
 *                                10.9.0.1, 10.9.0.2, ..., or all from CLIENT, each from another port
 *   again                        every client that was here comes back, each with a new session to where it was before
 *   end SESSION...               the clients of these sessions close them
 *   wait SECONDS                 time passes
 *   # ...                        a comment
 *
 * The director has the addresses 10.1.0.100 to 10.1.0.109. What arrives for their port 80 has the firewall mark 1.
 * With --why every session shows what the scheduler looked at: newest server first, as the kernel walks its list.
 */
import { readFileSync } from "node:fs";
import { runIpvsadm, wordsOf } from "../../dist/src/core/control/interpreter.js";
import { Director } from "../../dist/src/core/host/director.js";
import { writeSegment } from "../../dist/src/core/simulator/tcp-segment.js";
import { formatAddress, parseAddress, parseMac } from "../../dist/src/core/wire/address.js";

const SYN = 0x02;
const ACK = 0x10;
const FIN = 0x01;
const PORT = 80;
const FIRST_CLIENT_PORT = 40000;

const ip = (text) => parseAddress(text);
/** An address with the length of its prefix. */
const net = (text, prefix) => ({ address: ip(text), prefix });
const mac = (last) => parseMac(`02:00:00:00:00:${String(last).padStart(2, "0")}`);
const virtual = Array.from({ length: 10 }, (_, n) => net(`10.1.0.${100 + n}`, 32));
const servers = Array.from({ length: 9 }, (_, n) => ({ address: ip(`10.2.0.${1 + n}`), mac: mac(11 + n), dev: "eth1" }));

const director = new Director(
  {
    interfaces: [
      { name: "eth0", mac: mac(1), mtu: 1500, addresses: [net("10.1.0.254", 24), ...virtual] },
      { name: "eth1", mac: mac(2), mtu: 1500, addresses: [net("10.2.0.254", 24)] },
    ],
    routes: [{ to: net("10.9.0.0", 16), via: ip("10.1.0.1") }],
    neighbors: [{ address: ip("10.1.0.1"), mac: mac(3), dev: "eth0" }, ...servers],
    marks: [{ protocol: 6, destination: net("10.1.0.96", 28), portFirst: PORT, portLast: PORT, mark: 1 }],
    sysctl: {},
  },
  { link: { send: () => {} } },
);

const why = process.argv.includes("--why");
const [file] = process.argv.slice(2).filter((word) => word !== "--why");
if (file === undefined) {
  console.error("usage: node sessions.mjs [--why] SCENARIO");
  process.exit(2);
}

const sessions = [];
let now = 0;

for (const line of readFileSync(file, "utf8").split("\n")) {
  const [command, ...words] = wordsOf(line);
  if (command === undefined || command.startsWith("#")) continue;
  now += 1000;
  if (command === "ipvsadm") configure(words);
  else if (command === "sessions") open(words);
  else if (command === "again") again();
  else if (command === "end") for (const number of words) send(sessions[number - 1], FIN | ACK);
  else if (command === "wait") now += Number(words[0]) * 1e6;
  else throw new Error(`unknown line in ${file}: ${line}`);
  director.advance(now);
}
summarize();

function configure(words) {
  const { out, err } = runIpvsadm(words, { server: director.server });
  process.stdout.write(out + err);
}

function open(words) {
  const after = (word) => (words.includes(word) ? words[words.indexOf(word) + 1] : undefined);
  for (let left = Number(words[0]); left > 0; left--) {
    openOne(after("from") ?? `10.9.0.${sessions.length + 1}`, after("to") ?? "10.1.0.100");
  }
}

function openOne(client, address) {
  const number = sessions.length + 1;
  const session = { number, client, address, port: FIRST_CLIENT_PORT + number, server: "nobody" };
  sessions.push(session);
  const events = send(session, SYN);
  const created = events.find(({ kind }) => kind === "created");
  if (created !== undefined) session.server = formatAddress(created.connection.destinationAddress);
  if (why) explain(session, events);
  send(session, ACK);
  return session;
}

/** How many clients meet another server than last time? */
function again() {
  const last = new Map(sessions.map((session) => [`${session.client} ${session.address}`, session]));
  const moved = [...last.values()].filter(({ client, address, server }) => openOne(client, address).server !== server);
  console.log(`${moved.length} of ${last.size} clients meet another server than before`);
}

/** One segment of the client; what the director told of its walk. */
function send({ client, port, address }, flags) {
  const ends = { localAddress: ip(client), localPort: port, remoteAddress: ip(address), remotePort: PORT };
  const fields = { flags, sequence: 1, acknowledgement: 1, data: new Uint8Array(0), mss: 1460 };
  const frame = writeSegment(ends, fields, 1);
  frame.bytes.set([...mac(1), ...mac(3), 0x08, 0x00], frame.start);
  const events = [];
  director.trace = { add: (event) => events.push(event) };
  now += 1000;
  director.receive(frame, 0, now);
  director.trace = undefined;
  return events;
}

function explain({ number, client, address }, events) {
  const scheduled = events.find(({ kind }) => kind === "scheduled");
  const to = address === "10.1.0.100" ? "" : ` to ${address}`;
  const state = scheduled?.state ? `, ${scheduled.state}` : "";
  console.log(`session ${number} from ${client}${to}${state}`);
  if (scheduled === undefined) console.log("    the scheduler is not asked");
  for (const { destination, numbers } of scheduled?.candidates ?? []) {
    console.log(`  ${destination === scheduled.picked ? ">" : " "} ${destination}  ${numbers}`);
  }
}

function summarize() {
  const taken = new Map();
  for (const { number, server } of sessions) {
    taken.set(server, [...(taken.get(server) ?? []), number]);
  }
  for (const name of [...taken.keys()].sort()) console.log(`${name}: ${taken.get(name).join(" ")}`);
}
