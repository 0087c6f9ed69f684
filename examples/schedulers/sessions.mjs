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
import { createDirector } from "tapvs";
import { tcp } from "tapvs/packet";

const PORT = 80;
const FIRST_CLIENT_PORT = 40000;

const numbers = (count, first) => Array.from({ length: count }, (_, n) => first + n);
const mac = (last) => `02:00:00:00:00:${String(last).padStart(2, "0")}`;

const director = createDirector({
  interfaces: {
    eth0: ["10.1.0.254/24", ...numbers(10, 100).map((last) => `10.1.0.${last}/32`)],
    eth1: "10.2.0.254/24",
  },
  routes: { "10.9.0.0/16": "10.1.0.1" },
  neighbors: {
    "10.1.0.1": mac(3),
    ...Object.fromEntries(numbers(9, 1).map((last) => [`10.2.0.${last}`, mac(10 + last)])),
  },
  marks: [{ protocol: "tcp", destination: "10.1.0.96/28", ports: PORT, mark: 1 }],
});

const why = process.argv.includes("--why");
const [file] = process.argv.slice(2).filter((word) => word !== "--why");
if (file === undefined) {
  console.error("usage: node sessions.mjs [--why] SCENARIO");
  process.exit(2);
}

const sessions = [];

for (const line of readFileSync(file, "utf8").split("\n")) {
  const [command, ...words] = line.split(/\s+/).filter(Boolean);
  if (command === undefined || command.startsWith("#")) continue;
  director.advance("1 ms");
  if (command === "ipvsadm") configure(words.join(" "));
  else if (command === "sessions") open(words);
  else if (command === "again") again();
  else if (command === "end") for (const number of words) send(sessions[number - 1], "F.");
  else if (command === "wait") director.advance(Number(words[0]));
  else throw new Error(`unknown line in ${file}: ${line}`);
}
summarize();

function configure(line) {
  try {
    process.stdout.write(director.ipvsadm(line));
  } catch (error) {
    if (error.name !== "IpvsadmError") throw error;
    process.stdout.write(error.out + error.err);
  }
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
  const steps = send(session, "S");
  const created = steps.find(({ code }) => code === "created");
  if (created !== undefined) session.server = created.values.connection.destination.split(":")[0];
  if (why) explain(session, steps);
  send(session, ".");
  return session;
}

/** How many clients meet another server than last time? */
function again() {
  const last = new Map(sessions.map((session) => [`${session.client} ${session.address}`, session]));
  const moved = [...last.values()].filter(({ client, address, server }) => openOne(client, address).server !== server);
  console.log(`${moved.length} of ${last.size} clients meet another server than before`);
}

/** One segment of the client; the steps of its walk. */
function send({ client, port, address }, flags) {
  director.advance("1 ms");
  const segment = tcp(`${client}:${port} > ${address}:${PORT}`, flags, { sequence: 1, acknowledgement: 1, mss: 1460 });
  return director.receive("eth0", segment).steps;
}

function explain({ number, client, address }, steps) {
  const scheduled = steps.find(({ code }) => code === "scheduled")?.values;
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
