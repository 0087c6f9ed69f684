/** Draws a network as SVG: hosts in a row, segments as wires below them, and at each joint the addresses there. */
import type { Host } from "../../simulator/host.ts";
import type { Topology } from "../../simulator/topologies.ts";
import { type Address, formatAddress, sameAddress } from "../../wire/address.ts";
import { addressesOf, isInner } from "./ladder.ts";
import { svgDocument, svgText } from "./xml.ts";

const COLUMN = 170;
const LEFT = 140;
const BOX_TOP = 20;
const BOX_WIDTH = 130;
const BOX_HEIGHT = 48;
const FIRST_WIRE = 140;
const WIRE_STEP = 80;
const LINE = 15;

/** A whole SVG file. */
export function topologySvg(topology: Topology): string {
  const { hosts, network, mode } = topology;
  const wires = new Map(network.segments.map((segment, index) => [segment.name, FIRST_WIRE + index * WIRE_STEP]));
  const width = LEFT + hosts.length * COLUMN;
  const rows = Math.max(...hosts.flatMap(({ interfaces }) => interfaces.map(({ addresses }) => addresses.length)));
  const height = FIRST_WIRE + (network.segments.length - 1) * WIRE_STEP + rows * LINE + 24;
  return svgDocument(width, height, `the network of ${mode}`, [
    ...[...wires].flatMap(([name, y]) => wireSvg(topology, name, y)),
    ...hosts.flatMap((host, place) => hostSvg(topology, host, LEFT + place * COLUMN, wires)),
  ]);
}

function wireSvg({ hosts }: Topology, name: string, y: number): string[] {
  const places = hosts.flatMap((host, place) =>
    host.interfaces.some(({ segment }) => segment.name === name) ? [place] : [],
  );
  const from = LEFT + (places[0] ?? 0) * COLUMN - 20;
  const to = LEFT + (places.at(-1) ?? 0) * COLUMN + BOX_WIDTH + 20;
  return [`<line class="tv-wire" x1="${from}" x2="${to}" y1="${y}" y2="${y}"/>`, svgText(8, y + 4, name, "tv-dim")];
}

function hostSvg(topology: Topology, host: Host, x: number, wires: ReadonlyMap<string, number>): string[] {
  const kind = host === topology.director ? "tv-box tv-director" : "tv-box";
  const middle = x + BOX_WIDTH / 2;
  const inner = innerAddress(topology, host);
  const joints = host.interfaces.flatMap(({ segment, addresses }, index) => {
    const y = wires.get(segment.name) ?? 0;
    // Several cables of one host leave side by side, the longest on the left: none crosses the addresses of another.
    const at = middle + ((host.interfaces.length - 1) / 2 - index) * 24;
    return [
      `<line class="tv-line" x1="${at}" x2="${at}" y1="${BOX_TOP + BOX_HEIGHT}" y2="${y}"/>`,
      `<circle class="tv-tip" cx="${at}" cy="${y}" r="4"/>`,
      ...addresses.map(({ address }, row) => svgText(at + 6, y + 18 + row * LINE, addressWords(topology, address), "")),
    ];
  });
  return [
    ...joints,
    `<rect class="${kind}" x="${x}" y="${BOX_TOP}" width="${BOX_WIDTH}" height="${BOX_HEIGHT}" rx="6"/>`,
    svgText(middle, BOX_TOP + (inner === "" ? 29 : 21), host.name, "tv-strong", "middle"),
    ...(inner === "" ? [] : [svgText(middle, BOX_TOP + 38, inner, "tv-dim", "middle")]),
  ];
}

/** What LVS calls special addresses stands before them: `VIP`, and `LIP` for the local ones of full NAT. */
function addressWords({ virtualAddress, director }: Topology, address: Address): string {
  const text = formatAddress(address);
  if (sameAddress(address, virtualAddress)) return `VIP ${text}`;
  const services = director.stack.server.services.list();
  const isLocal = services.some(({ localAddresses }) =>
    localAddresses.some((local) => sameAddress(local.address, address)),
  );
  return isLocal ? `LIP ${text}` : text;
}

/** `VIP on lo`, where the host has the virtual address inside. */
function innerAddress(topology: Topology, host: Host): string {
  const inner = host.stack.interfaces.find(
    (entry) =>
      isInner(entry.name) && addressesOf(entry).some((address) => sameAddress(address, topology.virtualAddress)),
  );
  return inner === undefined ? "" : `VIP on ${inner.name}`;
}
