/**
 * Every transition of the TCP states, made by real frames. The way to each state is searched in the table as it is
 * restated here; the emulator has to follow it step by step.
 */
import { expect } from "chai";
import { INPUT, INPUT_ONLY, OUTPUT } from "../../../src/core/ipvs/protocols/states.ts";
import { nextTcpState, tcpEvent } from "../../../src/core/ipvs/protocols/tcp-states.ts";
import { CLIENT, type Lab, lab, SERVER, service, VIP } from "../../support/lab.ts";
import { icmpAbout, repairHeader, tcp } from "../../support/packet.ts";
import {
  allTransitions,
  reachesEveryTransition,
  transitionName,
  unreachable,
  unreachableTransitions,
} from "./coverage.ts";
import {
  ACTIVE,
  DIRECTIONS,
  type Direction,
  EVENTS,
  type Event,
  type Mode,
  next,
  SECONDS,
  STATES,
  type State,
} from "./tcp-table.ts";

/** NAT for the two-sided tables, direct routing for the one-sided one. */
const METHODS: Readonly<Record<Direction, string>> = { input: "-m", output: "-m", "input-only": "-g" };

/** A segment of one side, or a switch of secure_tcp. */
type Step = { readonly direction: Direction; readonly event: Event } | { readonly mode: Mode };

interface Place {
  readonly state: State;
  readonly mode: Mode;
  readonly way: readonly Step[];
}

const FLAGS: Readonly<Record<Event, string>> = { rst: "R", syn: "S", fin: "F.", ack: ".", "no flag": "" };

/** Every place that a connection of this method comes to, with the shortest way there, from a fresh entry on. */
function places(method: string): Place[] {
  const directions = DIRECTIONS.filter((direction) => METHODS[direction] === method);
  const found: Place[] = [{ state: "NONE", mode: "normal", way: [] }];
  for (const { state, mode, way } of found) {
    const other: Mode = mode === "normal" ? "secure" : "normal";
    const onwards: Place[] = [{ state, mode: other, way: [...way, { mode: other }] }];
    for (const direction of directions) {
      for (const event of EVENTS) {
        onwards.push({ state: next(mode, direction, state, event), mode, way: [...way, { direction, event }] });
      }
    }
    for (const place of onwards) {
      if (!found.some((known) => known.state === place.state && known.mode === place.mode)) found.push(place);
    }
  }
  return found;
}

const PORT = 40000;

/**
 * A connection in state NONE: an ICMP error about an answer that nobody gave opens it, where errors are scheduled. Reuse is
 * off, so that a SYN on a finished connection is one more event.
 */
function fresh(method: string): Lab {
  const made = lab(service(method), { sysctl: { schedule_icmp: 1, conn_reuse_mode: 0 } });
  const answer = tcp(`${VIP}:80 > ${CLIENT}:${PORT}`, "S.");
  made.receive(icmpAbout(`${CLIENT} > ${VIP}`, 3, 1, answer));
  expect(made.listing(), "a fresh entry").to.deep.equal([`TCP NONE ${CLIENT}:${PORT} ${VIP}:80 ${SERVER}:80`]);
  return made;
}

function take(made: Lab, step: Step): void {
  if ("mode" in step) made.sysctl("secure_tcp", step.mode === "secure" ? 3 : 0);
  else if (step.direction === "output") made.receive(tcp(`${SERVER}:80 > ${CLIENT}:${PORT}`, FLAGS[step.event]));
  else made.receive(tcp(`${CLIENT}:${PORT} > ${VIP}:80`, FLAGS[step.event]));
}

/** Sends one more segment and looks at what it did. */
function check(place: Place, method: string, direction: Direction, event: Event): void {
  const made = fresh(method);
  for (const step of place.way) take(made, step);
  take(made, { direction, event });
  const expected = next(place.mode, direction, place.state, event);
  const [seen] = made.eventsOf("state");
  const after = { protocol: "TCP", direction, event, before: place.state, after: expected };
  expect(seen).to.deep.equal({ kind: "state", ...after, timeoutSeconds: SECONDS[expected] });
  const [row = ""] = made.listing();
  expect(row.split(" ")[1]).to.equal(expected);
  expect(made.rows.timeout(0)).to.equal(SECONDS[expected] * 100);
  expect(made.connections.timers.secondsLeft(0)).to.equal(SECONDS[expected]);
  expect(made.counts(SERVER)).to.equal(ACTIVE.includes(expected) ? "1/0" : "0/1");
}

const DATA_PORT = 51210;

/** An entry in LISTEN, the only one that is not made in NONE: the FTP helper's, for a data connection from port 20. */
function listening(mode: Mode): Lab {
  const rules = [`-A -t ${VIP}:21 -s rr`, `-a -t ${VIP}:21 -r ${SERVER} -m`];
  const made = lab(rules, { modules: ["ip_vs_ftp"] });
  const control = `${CLIENT}:${PORT} > ${VIP}:21`;
  made.receive(tcp(control, "S"));
  made.receive(tcp(`${SERVER}:21 > ${CLIENT}:${PORT}`, "S.", { sequence: 5000, acknowledgement: 1001 }));
  const data = `PORT ${CLIENT.replaceAll(".", ",")},200,10\r\n`;
  made.receive(tcp(control, "P.", { sequence: 1001, acknowledgement: 5001, data }));
  take(made, { mode });
  return made;
}

function checkListening(mode: Mode, direction: Direction, event: Event): void {
  const made = listening(mode);
  const fromServer = direction === "output";
  const ends = fromServer ? `${SERVER}:20 > ${CLIENT}:${DATA_PORT}` : `${CLIENT}:${DATA_PORT} > ${VIP}:20`;
  made.receive(tcp(ends, FLAGS[event]));
  const after = next(mode, direction, "LISTEN", event);
  const [seen] = made.eventsOf("state");
  const timeoutSeconds = SECONDS[after];
  expect(seen).to.deep.equal({
    kind: "state",
    protocol: "TCP",
    direction,
    event,
    before: "LISTEN",
    after,
    timeoutSeconds,
  });
  expect(made.listing()).to.include(`TCP ${after} ${CLIENT}:${DATA_PORT} ${VIP}:20 ${SERVER}:20`);
}

describe("TCP transitions", function () {
  reachesEveryTransition(this);

  for (const method of ["-m", "-g"]) {
    for (const place of places(method)) {
      const directions = DIRECTIONS.filter((direction) => METHODS[direction] === method);
      it(`${place.mode} ${directions.join(", ")}: whatever comes in ${place.state}`, () => {
        for (const direction of directions) for (const event of EVENTS) check(place, method, direction, event);
      });
    }
  }

  for (const mode of ["normal", "secure"] as const) {
    it(`${mode} input, output: whatever comes in LISTEN, where the FTP helper begins`, () => {
      for (const direction of ["input", "output"] as const) {
        for (const event of EVENTS) checkListening(mode, direction, event);
      }
    });
  }

  it("the states that no way leads to are those listed as unreachable, each with a reason", () => {
    const reached = new Set<string>();
    for (const direction of DIRECTIONS) {
      for (const { mode, state } of places(METHODS[direction])) {
        for (const event of EVENTS) reached.add(transitionName(mode, direction, state, event));
      }
    }
    for (const mode of ["normal", "secure"]) {
      for (const direction of ["input", "output"]) {
        for (const event of EVENTS) reached.add(transitionName(mode, direction, "LISTEN", event));
      }
    }
    const out = allTransitions.filter((name) => !reached.has(name));
    expect(out).to.have.members([...unreachableTransitions]);
    for (const { reason } of unreachable.transitions) expect(reason).to.match(/^[A-Z].*\.$/);
  });

  it("the emulator's table has what cannot be reached, too", () => {
    const number = { input: INPUT, output: OUTPUT, "input-only": INPUT_ONLY } as const;
    for (const secure of [false, true]) {
      for (const direction of DIRECTIONS) {
        for (const [index, state] of STATES.entries()) {
          for (const event of EVENTS) {
            const flags = { rst: 4, syn: 2, fin: 1, ack: 16, "no flag": 0 }[event];
            const after = STATES[nextTcpState(index, tcpEvent(flags), number[direction], secure)];
            const mode = secure ? "secure" : "normal";
            expect(after, `${mode} ${direction} ${state} ${event}`).to.equal(next(mode, direction, state, event));
          }
        }
      }
    }
  });

  it("of several flags the first of RST, SYN, FIN and ACK decides; PSH, URG, ECE and CWR never", () => {
    for (let flags = 0; flags < 256; flags++) {
      const decisive = [4, 2, 1, 16].find((bit) => (flags & bit) !== 0) ?? 0;
      expect(tcpEvent(flags), flags.toString(16)).to.equal(tcpEvent(decisive));
    }
    expect(new Set([4, 2, 1, 16, 0].map(tcpEvent)).size).to.equal(5);
  });

  it("a segment whose header is cut off moves nothing on, whatever its flags", () => {
    const made = lab(service("-g"));
    made.receive(tcp(`${CLIENT}:${PORT} > ${VIP}:80`, "S"));
    made.receive(tcp(`${CLIENT}:${PORT} > ${VIP}:80`, "."));
    const cut = tcp(`${CLIENT}:${PORT} > ${VIP}:80`, "R").bytes.slice(0, 39);
    cut.set([0, 39], 2);
    repairHeader(cut);
    expect(made.receive(cut, "eth0").verdict).to.equal("sent");
    expect(made.listing()).to.deep.equal([`TCP ESTABLISHED ${CLIENT}:${PORT} ${VIP}:80 ${SERVER}:80`]);
  });

  it("the first answer ends the one-sided view for good", () => {
    // An answer of direct routing passes the director only if the director itself gives it: as a local real server.
    const made = lab([`-A -t ${VIP}:80 -s rr`, `-a -t ${VIP}:80 -r ${VIP} -g`]);
    made.receive(tcp(`${CLIENT}:${PORT} > ${VIP}:80`, "S"));
    const directions = made.eventsOf("state").map(({ direction, event, after }) => `${direction} ${event} ${after}`);
    expect(directions).to.deep.equal(["input-only syn SYN_RECV", "output rst CLOSE"]);
    made.receive(tcp(`${CLIENT}:${PORT} > ${VIP}:80`, "."));
    expect(made.eventsOf("state")[0]?.direction).to.equal("input");
  });
});
