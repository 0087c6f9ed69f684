import { expect } from "chai";
import { type Arrival, CaptureRun, type Departure, type RunListener } from "../../../src/core/replay/capture-run.ts";
import { loadRules } from "../../../src/core/replay/rules.ts";
import { verdictName } from "../../../src/core/trace/verdict.ts";
import { readInOrder } from "../../../src/io/capture-file.ts";
import { readConfig } from "../../../src/io/config.ts";
import { arp, hex, ping } from "./frames.ts";
import { CLIENT, ETH0, packet, twoPorts } from "./worlds.ts";

interface Heard {
  readonly run: CaptureRun;
  readonly arrivals: Arrival[];
  readonly departures: Departure[];
  /** Records of packets that were not put in. */
  readonly skipped: number[];
}

function listen(listensTo?: (record: number) => boolean): Heard {
  const arrivals: Arrival[] = [];
  const departures: Departure[] = [];
  const skipped: number[] = [];
  const run = new CaptureRun(twoPorts(), {
    arrived: (arrival) => arrivals.push(arrival),
    sent: (departure) => departures.push({ ...departure, bytes: departure.bytes.slice() }),
    skipped: ({ record }) => skipped.push(record),
    ...(listensTo && { listensTo: ({ record }) => listensTo(record) }),
  });
  return { run, arrivals, departures, skipped };
}

const SECOND = 1_000_000;
const request = arp({ from: CLIENT, sender: "10.1.0.1", target: "10.1.0.254" });
const echo = ping({ from: CLIENT, to: ETH0, source: "10.1.0.1", destination: "10.1.0.100" });
/** Long after 1970, as captures are. */
const EPOCH = 1_750_000_000_000_000;

describe("the run of a capture", () => {
  it("takes its clock from the packets, to the nanosecond", () => {
    const { run, arrivals, departures } = listen();
    run.packet(packet(request, EPOCH));
    run.packet({ ...packet(echo, EPOCH + 5), nanoseconds: 123 });
    expect(arrivals.map(({ time }) => time)).deep.equals([0, 5.123]);
    expect(departures.map(({ time }) => time)).deep.equals([0, 5.123]);
    expect(run.first?.time).equals(EPOCH);
    expect(run.last).equals(5.123);
  });

  it("tells of an arrival before what it had sent, and names the cause", () => {
    const { run, arrivals, departures } = listen();
    run.packet(packet(request, EPOCH, undefined, 7));
    expect(arrivals.map(({ verdict, port }) => [verdictName(verdict), port])).deep.equals([["delivered", 0]]);
    expect(departures.map(({ cause, during, port }) => [cause?.record, during?.record, port])).deep.equals([[7, 7, 0]]);
  });

  it("does not put in what the director sent", () => {
    const { run, arrivals, departures, skipped } = listen();
    run.packet(packet(ping({ from: ETH0, to: CLIENT, source: "10.1.0.254", destination: "10.1.0.1" }), EPOCH));
    expect([arrivals.length, departures.length, skipped]).deep.equals([0, 0, [1]]);
  });

  it("notes the walk of the packets that are listened to only", () => {
    const { run, arrivals } = listen((record) => record === 2);
    run.packet(packet(request, EPOCH, undefined, 1));
    run.packet(packet(echo, EPOCH + SECOND, undefined, 2));
    expect(arrivals[0]?.events).deep.equals([]);
    expect(arrivals[1]?.events[0]?.kind).equals("received");
    expect(arrivals[1]?.events.at(-1)?.kind).equals("verdict");
  });

  it("has timers send at their time, without a cause", () => {
    const { run, departures } = listen();
    const unknown = ping({ from: CLIENT, to: ETH0, source: "10.1.0.1", destination: "10.2.0.9" });
    run.packet(packet(unknown, EPOCH, "eth0"));
    run.advance(10 * SECOND);
    const asked = departures.filter(({ bytes }) => bytes[13] === 6 && bytes[41] === 9);
    expect(asked.map(({ cause, port }) => [cause?.record, port])).deep.equals([
      [1, 1],
      [undefined, 1],
      [undefined, 1],
    ]);
    expect(asked[1]?.time).within(SECOND, 1.1 * SECOND);
    expect(asked[1]?.during).equals(undefined);
  });

  it("asks a neighbor it doubts by a request to it alone, with the address in question left open, and then takes it to be there", () => {
    const { run, departures } = listen();
    run.packet(packet(request, EPOCH));
    run.packet(packet(echo, EPOCH + SECOND));
    for (let at = 2; at < 200; at++) run.packet(packet(echo, EPOCH + at * SECOND));
    const requests = departures.filter(({ bytes }) => bytes[13] === 6 && bytes[21] === 1);
    const probe = arp({ from: ETH0, sender: "10.1.0.254", target: "10.1.0.1", to: CLIENT });
    expect(requests.length).within(4, 7);
    for (const { bytes, time } of requests) {
      expect(hex(bytes)).equals(hex(probe));
      expect(time).least(5 * SECOND);
    }
    const answers = departures.filter(({ bytes }) => bytes[13] === 0);
    expect(answers).lengthOf(199);
  });

  it("sends the same whether packets are copied or walk where they lie, and whether what is sent is copied or heard at once", async () => {
    for (const lab of ["nat", "dr", "tun", "nat-ipv6", "tun-ipv6"]) {
      const wire = `fixtures/captures/${lab}/wire.pcapng`;
      const copied = await sentBy(lab, wire, (heard) => ({
        sent: ({ port, time, bytes }) => heard(port, time, bytes),
      }));
      const inPlace = await sentBy(lab, wire, (heard) => ({
        readsArrived: false,
        leaves: (frame, port, time) => heard(port, time, frame.contents()),
      }));
      expect(copied.length, lab).greaterThan(20);
      expect(inPlace, lab).deep.equals(copied);
    }
  });
});

/** What the director of a recorded lab sends. */
async function sentBy(
  lab: string,
  wire: string,
  listener: (heard: (port: number, time: number, bytes: Uint8Array) => void) => Partial<RunListener>,
): Promise<string[]> {
  const sent: string[] = [];
  const loaded = readConfig(`fixtures/captures/${lab}/director.yaml`);
  if (loaded.kind === "errors") throw new Error(loaded.errors.map(({ message }) => message).join("\n"));
  const run = new CaptureRun(loaded.config, {
    arrived: () => {},
    skipped: () => {},
    ...listener((port, time, bytes) => sent.push(`${port} ${time} ${hex(bytes)}`)),
  });
  loadRules(run.director, loaded.config.rules);
  expect((await readInOrder(wire, (each) => run.packet(each))).error).equals(undefined);
  return sent;
}
