/** The controls: what to watch, what to send, what is wrong, and time. */
import { SCHEDULER_NAMES } from "../../../core/ipvs/schedulers/schedulers.ts";
import { FAULTS, type Fault, faultOf } from "../../../core/simulator/faults.ts";
import { MODES, type Mode } from "../../../core/simulator/layout.ts";
import { AF_INET, AF_INET6, type Family } from "../../../core/wire/address.ts";
import { MOST_CLIENTS, MOST_SERVERS, MTUS, type Setup, TIMEOUTS } from "../model/setup.ts";
import { flag, html, type Markup } from "./markup.ts";

const shortName = (mode: Mode): string => mode.toUpperCase();

export const SCHEDULER_WORDS: Readonly<Record<string, string>> = {
  rr: "round robin",
  wrr: "weighted round robin",
  lc: "least connections",
  wlc: "weighted least connections",
  lblc: "locality-based least connections",
  lblcr: "locality-based with replication",
  dh: "destination hashing",
  sh: "source hashing",
  sed: "shortest expected delay",
  nq: "never queue",
  fo: "weighted failover",
  ovf: "weighted overflow",
  mh: "Maglev hashing",
  twos: "power of two choices",
};

/** A choice of one; `chosen` is the value that stands there now. */
function select(name: string, label: string, chosen: string, choices: readonly (readonly [string, string])[]): Markup {
  return html`<label class="field"><span>${label}</span><select data-set="${name}">${choices.map(
    ([value, text]) => html`<option value="${value}"${flag("selected", value === chosen)}>${text}</option>`,
  )}</select></label>`;
}

const number = (name: string, label: string, value: number, most: number): Markup =>
  html`<label class="field"><span>${label}</span><input type="number" data-set="${name}" value="${value}" min="1" max="${most}" inputmode="numeric"></label>`;

/** Service, servers and clients. */
export function settings({
  family,
  scheduler,
  weights,
  clients,
  directors,
  sync,
  persistentSeconds,
  mtu,
}: Setup): Markup {
  const mtus = MTUS.includes(mtu) ? MTUS : [...MTUS, mtu];
  const timeouts = TIMEOUTS.includes(persistentSeconds) ? TIMEOUTS : [...TIMEOUTS, persistentSeconds];
  return html`<div class="fields">
    ${select("family", "Addresses", String(family), [
      [String(AF_INET), "IPv4"],
      [String(AF_INET6), "IPv6 (not FULLNAT)"],
    ])}
    ${select(
      "scheduler",
      "Scheduler",
      scheduler,
      SCHEDULER_NAMES.map((name) => [name, `${name}: ${SCHEDULER_WORDS[name] ?? name}`]),
    )}
    ${number("servers", "Real servers", weights.length, MOST_SERVERS)}
    <div class="field" role="group" aria-label="Weights"><span>Weights</span><div class="weights">${weights.map(
      (weight, index) =>
        html`<label><span>rs${index + 1}</span><input type="number" data-set="weight" data-place="${index}" value="${weight}" min="0" max="65535" inputmode="numeric"></label>`,
    )}</div></div>
    ${number("clients", "Clients", clients, MOST_CLIENTS)}
    ${select("directors", "Directors", directors === 1 ? "1" : sync, [
      ["1", "one"],
      ["prompt", "two, synchronised"],
      ["linux", "two, as Linux synchronises"],
      ["off", "two, not synchronised"],
    ])}
    ${select(
      "persistent",
      "Persistence",
      String(persistentSeconds),
      timeouts.map((seconds) => [String(seconds), seconds === 0 ? "none" : `${seconds} s`]),
    )}
    ${select(
      "mtu",
      "MTU to the servers",
      String(mtu),
      mtus.map((value) => [String(value), String(value)]),
    )}
  </div>`;
}

/** A switch for each fault, those of these modes first; the others say where they show. */
export function faultSwitches(setup: Setup, modes: readonly Mode[]): Markup {
  const isHere = ({ name }: Fault): boolean => modes.some((mode) => faultOf(name, mode, setup.family) !== undefined);
  const inOrder = [...FAULTS.filter(isHere), ...FAULTS.filter((fault) => !isHere(fault))];
  return html`<ul class="switches">${inOrder.map((fault) => faultSwitch(fault, setup, modes))}</ul>`;
}

function faultSwitch({ name, modes: shows, ...words }: Fault, setup: Setup, modes: readonly Mode[]): Markup {
  const known = modes.map((mode) => faultOf(name, mode, setup.family)).find((fault) => fault !== undefined);
  const { title, sign } = known ?? words;
  const where = shows.length === MODES.length ? "" : shows.map((mode) => shortName(mode)).join(", ");
  return html`<li data-key="${name}"><label title="${sign}"${known === undefined && html` class="elsewhere"`}><input type="checkbox" role="switch" data-set="fault" data-name="${name}"${flag("checked", setup.faults.includes(name))}${flag("disabled", known === undefined || setup.directors === 2)}>
    <span>${title}${where !== "" && html` <small>${where}${onlyIn(words.families)}</small>`}</span></label></li>`;
}

const onlyIn = (families: readonly Family[] | undefined): string =>
  families === undefined ? "" : families.includes(AF_INET) ? ", IPv4" : ", IPv6";

/** Who sends: one of the clients, or each in turn. */
export const senderChoice = (clients: number, sender: number): Markup =>
  clients === 1
    ? html``
    : html`<select data-set="sender" aria-label="Which client sends">${Array.from(
        { length: clients },
        (_, index) =>
          html`<option value="${index}"${flag("selected", sender === index)}>client${index === 0 ? "" : index + 1}</option>`,
      )}<option value="-1"${flag("selected", sender < 0)}>each in turn</option></select>`;
