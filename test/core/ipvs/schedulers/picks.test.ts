/** Replays what the kernel picked: every pick, connection state and counter of fixtures/scheduler-picks. */

import { readdirSync, readFileSync } from "node:fs";
import { expect } from "chai";
import { describeDestination } from "../../../../src/core/ipvs/destination.ts";
import * as service from "../../../../src/core/ipvs/service.ts";
import { AF_INET, AF_INET6, ANY, formatAddress, parseIpv4 } from "../../../../src/core/wire/address.ts";
import { PROTOCOL_TCP, PROTOCOL_UDP } from "../../../../src/core/wire/ipv4.ts";
import { endpoint, type Line, type Packet, parsePicks } from "./picks-file.ts";
import { type Connection, PicksModel } from "./picks-model.ts";

const FOLDER = "fixtures/scheduler-picks";
const FLAGS: Readonly<Record<string, number>> = {
  "sh-fallback": service.SERVICE_SCHED1,
  "mh-fallback": service.SERVICE_SCHED1,
  "sh-port": service.SERVICE_SCHED2,
  "mh-port": service.SERVICE_SCHED2,
};

/** The value after an option, or `missing`. */
function option(words: readonly string[], name: string, missing = ""): string {
  const at = words.indexOf(name);
  return at < 0 ? missing : (words[at + 1] ?? missing);
}

function serviceKey(words: readonly string[]): service.ServiceKey {
  const fwmark = Number(option(words, "-f", "0"));
  const { address, port } =
    fwmark === 0 ? endpoint(option(words, "-t", option(words, "-u"))) : { address: ANY, port: 0 };
  const protocol = words.includes("-u") ? PROTOCOL_UDP : PROTOCOL_TCP;
  return { family: words.includes("-6") ? AF_INET6 : address.family, protocol, address, port, fwmark };
}

function serviceOptions(words: readonly string[]): service.ServiceOptions {
  const names = option(words, "-b").split(",");
  const flags = names.reduce((flags, name) => flags | (FLAGS[name] ?? 0), 0);
  return {
    scheduler: option(words, "-s", "wlc"),
    flags: flags | (words.includes("-p") ? service.SERVICE_PERSISTENT : 0),
    timeoutSeconds: Number(option(words, "-p", "0")),
    netmask: parseIpv4(option(words, "-M", "255.255.255.255")) ?? 0,
    persistenceEngine: "",
  };
}

class Replay {
  picks = 0;
  #model: PicksModel | undefined;
  /** Settings made before the service exists. */
  readonly #early: ((model: PicksModel) => void)[] = [];

  run({ step, number, text }: Line): void {
    const where = `line ${number}: ${text}`;
    if (step.kind === "ipvsadm") this.#command(step.words);
    else if (step.kind === "sysctl") this.#set((model) => Object.assign(model.sysctl, { [step.name]: step.value }));
    else if (step.kind === "pass") this.#running.pass(step.seconds, step.busy);
    else if (step.kind === "pick") this.#pick(step.packet, step.expected, where);
    else if (step.kind === "state") expect(this.#running.receive(step.packet)?.state, where).to.equal(step.expected);
    else expect(this.#counters(), where).to.deep.equal(step.expected);
  }

  #pick(packet: Packet, expected: string, where: string): void {
    const before = this.#running.connections.size;
    const connection = this.#running.receive(packet);
    this.picks++;
    expect(nameOf(connection), where).to.equal(expected);
    expect(this.#running.connections.size, `connections, ${where}`).to.equal(
      connection === undefined ? before : before + 1,
    );
  }

  get #running(): PicksModel {
    if (this.#model === undefined) throw new Error("no service yet");
    return this.#model;
  }

  #set(change: (model: PicksModel) => void): void {
    if (this.#model === undefined) this.#early.push(change);
    else change(this.#model);
  }

  #command(words: readonly string[]): void {
    const [command = ""] = words;
    if (command === "-A") this.#begin(new PicksModel(serviceKey(words), serviceOptions(words)));
    else if (command === "-E") this.#running.editService(serviceOptions(words));
    else if (command === "--set") this.#set((model) => model.setUdpTimeout(Number(words[3])));
    else if (command !== "-Ln") this.#serverCommand(command, words);
  }

  #begin(model: PicksModel): void {
    for (const change of this.#early) change(model);
    this.#model = model;
  }

  #serverCommand(command: string, words: readonly string[]): void {
    const { address, port } = endpoint(option(words, "-r"), this.#running.service.port);
    const known = this.#running.find(address, port);
    const options = {
      weight: Number(option(words, "-w", "1")),
      upper: Number(option(words, "-x", "0")),
      lower: Number(option(words, "-y", "0")),
    };
    if (command === "-a" && known === undefined) this.#running.addServer(address, port, options);
    else if (command === "-e" && known !== undefined) this.#running.editServer(known, options);
    else if (command === "-d" && known !== undefined) this.#running.deleteServer(known);
    else throw new Error(`the recorded command succeeded: ${words.join(" ")}`);
  }

  #counters(): unknown[] {
    return this.#running.service.destinations.map((server) => ({
      server: describeDestination(server),
      weight: server.weight,
      active: server.activeConnections,
      inactive: server.inactiveConnections,
    }));
  }
}

function nameOf(connection: Connection | undefined): string {
  if (connection === undefined) return "no destination";
  const address = formatAddress(connection.destination.address);
  return `${connection.destination.address.family === AF_INET ? address : `[${address}]`}:${connection.port}`;
}

describe("picks recorded from the kernel", () => {
  const files = readdirSync(FOLDER).filter((name) => name.endsWith(".txt") && name !== "rate-estimator.txt");
  const texts = new Map(files.map((file) => [file, readFileSync(`${FOLDER}/${file}`, "utf8")]));
  const recorded = (text: string): number => text.match(/^> .* => /gm)?.length ?? 0;
  let replayed = 0;

  for (const [file, text] of texts) {
    it(`${file}: ${recorded(text)} picks`, () => {
      const replay = new Replay();
      for (const line of parsePicks(text)) replay.run(line);
      expect(replay.picks).to.equal(recorded(text)).and.above(0);
      replayed += replay.picks;
    });
  }

  const total = [...texts.values()].reduce((sum, text) => sum + recorded(text), 0);
  it(`replayed all ${total} picks`, () => expect(replayed).to.equal(total).and.at.least(7037));
});
