/** Headlines of what two directors tell each other: who is master, who takes over, which connections there are. */

import { amount } from "../../amount.ts";
import type { Reception } from "../../simulator/network.ts";
import type { Topology } from "../../simulator/topologies.ts";
import { RESIGNING } from "../../wire/vrrp.ts";
import type { DirectorTalk } from "../decode/between-directors.ts";
import { VRRP_CAUSES } from "../decode/vrrp.ts";
import type { FlowStep } from "../flow.ts";
import { isTold } from "../happenings.ts";
import { serverAt } from "./host-words.ts";
import type { Statement } from "./statement.ts";

/** `reception`: of who listens; `undefined` if nobody does. */
export function talkStatement(
  topology: Topology,
  step: FlowStep,
  talk: DirectorTalk,
  reception: Reception | undefined,
): Statement {
  const listener = reception?.verdict === "host-down" ? undefined : reception;
  return { text: textOf(topology, step, talk, listener), breaks: false };
}

function textOf(topology: Topology, step: FlowStep, talk: DirectorTalk, listener: Reception | undefined): string {
  const { from } = step.hop;
  switch (talk.kind) {
    case "vrrp":
      return advertisementText(topology, step, talk, listener);
    case "sync":
      return syncText(topology, from, talk, listener);
    case "group":
      return `${from} tells routers and switches which group it listens to.`;
  }
}

function advertisementText(
  { network }: Topology,
  { hop: { from, time } }: FlowStep,
  { priority, addresses }: DirectorTalk & { kind: "vrrp" },
  listener: Reception | undefined,
): string {
  if (priority === RESIGNING) return `${from} gives up ${addresses}: it says so by priority 0.`;
  const move = network.happenings.find(
    (happening) =>
      happening.host === from && happening.time === time && happening.what === "moved" && isTold(happening),
  );
  if (move?.what === "moved" && move.state === "master")
    return `${from} takes over ${addresses}: ${VRRP_CAUSES[move.cause]}.`;
  const heard = listener?.events.find((event) => event.kind === "vrrp");
  const stands =
    heard?.kind === "vrrp"
      ? `${listener?.host} hears it: its priority is ${heard.own}, and it is ${heard.state}.`
      : "Nobody hears it.";
  return `${from} is master of ${addresses}, with priority ${priority}, and says so by VRRP. ${stands}`;
}

function syncText(
  topology: Topology,
  from: string,
  { connections, asks }: DirectorTalk & { kind: "sync" },
  listener: Reception | undefined,
): string {
  const whom = listener?.host ?? "nobody";
  const [first, ...others] = connections;
  if (first === undefined)
    return asks ? `${from} asks ${whom} for all connections.` : `${from} has told ${whom} of all connections.`;
  const more = others.length === 0 ? "" : ` and ${amount(others.length, "other")}`;
  const server = serverAt(topology, first.server);
  const told = `${from} tells ${whom} of the connection from ${first.client} to ${server}${more}: ${first.state}.`;
  const what = listener?.events.find((event) => event.kind === "sync-record");
  if (what?.kind !== "sync-record") return told;
  return `${told} ${what.what === "created" ? `${whom} did not know it, and makes an entry.` : `${whom} brings its entry up to date.`}`;
}
