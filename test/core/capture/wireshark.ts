/** Captures as tshark reads them: an independent judge of the reader and the writers. */
import { spawnSync } from "node:child_process";

/** A packet as tshark tells it. */
export interface SharkPacket {
  readonly bytes: string;
  /** Seconds since the epoch with nine decimals. */
  readonly time: string;
  readonly originalLength: number;
  readonly interface: string | undefined;
  readonly direction: "in" | "out" | undefined;
  readonly comment: string | undefined;
}

const FIELDS = ["time_epoch", "len", "interface_name", "packet_flags_direction", "comment"].map(
  (name) => `frame.${name}`,
);
const DIRECTIONS = new Map([
  ["1", "in"],
  ["2", "out"],
] as const);

/** All packets of a file, in its order. */
export function tshark(path: string): SharkPacket[] {
  const layers = run(path, ["-T", "json", ...FIELDS.flatMap((field) => ["-e", field])]);
  const frames = run(path, ["-T", "jsonraw", "-J", "frame_raw"]);
  return layers.map((layer, index) => {
    const value = (name: string): string | undefined => layer[`frame.${name}`]?.[0];
    const direction = value("packet_flags_direction");
    return {
      bytes: frames[index]?.frame_raw?.[0] ?? "",
      time: value("time_epoch") ?? "",
      originalLength: Number(value("len")),
      interface: value("interface_name"),
      direction: DIRECTIONS.get(`${Number(direction)}` as "1" | "2"),
      comment: value("comment"),
    };
  });
}

type Layers = Readonly<Record<string, readonly string[] | undefined>>;

function run(path: string, options: readonly string[]): Layers[] {
  const { stdout, stderr, status } = spawnSync("tshark", ["-n", "-r", path, ...options], {
    encoding: "utf8",
    maxBuffer: 2 ** 28,
  });
  if (status !== 0) throw new Error(`tshark: ${stderr}`);
  const packets = JSON.parse(stdout) as readonly { readonly _source: { readonly layers: Layers } }[];
  return packets.map((packet) => packet._source.layers);
}
