import { expect } from "chai";
import fc from "fast-check";
import { MODES } from "../../../src/core/simulator/layout.ts";
import { buildTopology, type Topology } from "../../../src/core/simulator/topologies.ts";
import { formatAddress } from "../../../src/core/wire/address.ts";
import { momentOf } from "../../../src/web/page/model/moment.ts";
import { movingFrames } from "../../../src/web/page/model/motion.ts";
import { Run } from "../../../src/web/page/model/run.ts";
import { FIRST_SETUP } from "../../../src/web/page/model/setup.ts";
import { type Box, type Places, pathOf, pointAt } from "../../../src/web/page/view/places.ts";
import { movingMarkup, placesOf, stage } from "../../../src/web/page/view/stage.ts";

const overlap = (a: Box, b: Box): boolean =>
  a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;

function checkPlaces(topology: Topology, places: Places): void {
  const { boxes, stubs, width, height } = places;
  expect(boxes.map(({ name }) => name).sort()).deep.equals(topology.hosts.map(({ name }) => name).sort());
  for (const [index, box] of boxes.entries()) {
    expect(box.x >= 0 && box.y >= 0 && box.x + box.width <= width && box.y + box.height <= height, box.name).equals(
      true,
    );
    for (const other of boxes.slice(index + 1))
      expect(overlap(box, other), `${box.name} and ${other.name}`).equals(false);
  }
  for (const { host, box } of stubs) {
    const {
      x,
      y,
      width: wide,
      height: high,
    } = boxes.find(({ name }) => name === host) ?? { x: -1, y: -1, width: 0, height: 0 };
    expect([x, x + wide], host).includes(box.x);
    expect(box.y >= y && box.y <= y + high, host).equals(true);
  }
  for (const { name, plugs } of topology.network.segments) {
    for (const from of plugs) {
      for (const to of plugs) if (from !== to) expect(pathOf(places, name, from.host, to.host)).have.length(4);
    }
  }
}

describe("the stage", () => {
  it("has a place for every host and a way over every segment, wide and tall, however many there are", () => {
    const options = fc.record({ servers: fc.integer({ min: 1, max: 8 }), clients: fc.integer({ min: 1, max: 6 }) });
    const property = fc.property(
      fc.constantFrom(...MODES),
      options,
      fc.boolean(),
      fc.boolean(),
      (mode, counts, tall, asymmetric) => {
        const topology = buildTopology(mode, {
          ...counts,
          faults: mode === "nat" ? [asymmetric ? "asymmetric" : "gateway"] : [],
        });
        checkPlaces(topology, placesOf(topology, tall));
      },
    );
    fc.assert(property);
  });

  for (const mode of MODES) {
    it(`shows in ${mode} every address and every MAC address`, () => {
      const run = new Run({ ...FIRST_SETUP, mode }, []);
      for (const tall of [false, true]) {
        const { text } = stage(run.topology, placesOf(run.topology, tall), momentOf(run));
        for (const { name, interfaces } of run.topology.hosts) {
          expect(text).includes(`>${name}<`);
          for (const { mac, addresses } of interfaces) {
            expect(text).includes(mac);
            for (const { address } of addresses) expect(text).includes(formatAddress(address));
          }
        }
      }
    });
  }

  it("shows a frame on its way, where it is", () => {
    const run = new Run(FIRST_SETUP, [{ kind: "request", client: 0, at: 0 }]);
    run.advance(75);
    const places = placesOf(run.topology, false);
    const frames = movingFrames(run.topology, 75);
    expect(frames.map(({ to, progress }) => `${to} ${progress}`)).deep.equals(["director 0.5"]);
    expect(movingMarkup(run.topology, places, frames).text).includes("ARP?");
  });

  it("marks where a frame was lost", () => {
    const run = new Run({ ...FIRST_SETUP, mode: "tun", faults: ["rp-filter"] }, [
      { kind: "request", client: 0, at: 0 },
    ]);
    const places = placesOf(run.topology, false);
    const marked = (): boolean => stage(run.topology, places, momentOf(run)).text.includes('class="lost"');
    expect(marked()).equals(false);
    while (run.due < 900_000) run.step();
    expect(marked()).equals(true);
  });

  it("moves along all of a way", () => {
    const way = [
      { x: 0, y: 0 },
      { x: 10, y: 0 },
      { x: 10, y: 30 },
    ];
    expect(pointAt(way, 0)).deep.equals({ x: 0, y: 0 });
    expect(pointAt(way, 0.5)).deep.equals({ x: 10, y: 10 });
    expect(pointAt(way, 1)).deep.equals({ x: 10, y: 30 });
    expect(pointAt(way, 0, 5)).deep.equals({ x: 5, y: 0 });
    expect(pointAt([], 0.5)).deep.equals({ x: 0, y: 0 });
  });
});
