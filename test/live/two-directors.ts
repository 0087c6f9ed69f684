/** Two live directors with one virtual address, in the network of a mode. */
import { type TestMode, VIP } from "./modes.ts";

/** A director's file out of that of a mode: addresses that both would have move, and its own are others. */
export function fileOf(mode: TestMode, number: number, interval: string): string {
  const priority = number === 1 ? 150 : 100;
  const outside = mode.name === "dr" ? `${VIP}/32` : `10.91.0.254/32, ${VIP}/32`;
  const text = mode
    .yaml()
    .replace(/addresses: \[10\.91[^\]]*\]/, `addresses: [10.91.0.25${number}/24]`)
    .replace(/addresses: \[10\.92[^\]]*\]/, `addresses: [10.92.0.25${number}/24]`)
    .replace(/tap: tvs(\d)/g, `tap: tvs${number}$1`)
    .replace(/(mac: "02:00:00:00:9\d:0)1"/g, `$1${number}"`);
  const common = `priority: ${priority}, interval: ${interval}, group: g`;
  const inside = mode.name === "dr" ? [] : [`    - {interface: eth1, id: 52, addresses: [10.92.0.254/32], ${common}}`];
  return [
    text.trimEnd(),
    "ha:",
    "  vrrp:",
    `    - {interface: eth0, id: 51, addresses: [${outside}], ${common}}`,
    ...inside,
    `  sync: {interface: ${mode.name === "dr" ? "eth0" : "eth1"}, id: 51}`,
    "",
  ].join("\n");
}
