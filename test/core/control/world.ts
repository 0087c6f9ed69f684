/** The machine of the recordings: names, interfaces, a virtual server, and the few programs that ran there. */

import type { ControlEnvironment, Outcome } from "../../../src/core/control/environment.ts";
import { runIpvsadm } from "../../../src/core/control/interpreter.ts";
import { type Names, namesFrom } from "../../../src/core/control/names.ts";
import { procFile } from "../../../src/core/control/proc.ts";
import { runIpvsadmRestore, runIpvsadmSave } from "../../../src/core/control/wrappers.ts";
import { isUnicastOrLocal } from "../../../src/core/host/address-type.ts";
import { prefixed } from "../../../src/core/host/config/config.ts";
import type { Service } from "../../../src/core/ipvs/service.ts";
import { VirtualServer } from "../../../src/core/ipvs/virtual-server.ts";
import { KernelTicks } from "../../../src/core/time/kernel-ticks.ts";
import { parseIpv4, xorOfWords } from "../../../src/core/wire/address.ts";
import type { Boot, RecordedCommand } from "./records.ts";

const ip = (text: string): number => parseIpv4(text) ?? 0;

/** Of d0 and d1; IPv6 addresses of theirs are unicast anyway. */
const OWN = [prefixed(ip("10.0.0.100"), 24), prefixed(ip("192.168.1.1"), 24)];
const INTERFACE_NAMES: readonly string[] = ["lo", "d0", "d1"];

export const newServer = (): VirtualServer =>
  new VirtualServer({
    host: {
      isUnicastOrLocal: (address) => isUnicastOrLocal(address, OWN),
      hasInterface: (name) => INTERFACE_NAMES.includes(name),
    },
    ticks: new KernelTicks(100),
  });

const done = (out: string): Outcome => ({ code: 0, out, err: "" });

export class World {
  readonly server = newServer();
  readonly #names: Names;
  /** What shells wrote, by path. */
  readonly #files = new Map<string, string>();

  constructor(hosts: string, boot: Boot) {
    this.#names = namesFrom({ hosts });
    this.#mixIn(boot.chainByte);
    for (const line of boot.before) this.runProgram(["ipvsadm", ...line.split(" ")], "");
  }

  /** Gives services the order that they have on a kernel with this byte. */
  #mixIn(chainByte: number): void {
    const { services } = this.server;
    const list = services.list.bind(services);
    const chain = ({ fwmark, protocol, address, port }: Service): number =>
      fwmark !== 0
        ? 256 + ((fwmark ^ chainByte) & 255)
        : (protocol ^ xorOfWords(address) ^ (port >> 8) ^ port ^ chainByte) & 255;
    services.list = () => list().sort((a, b) => chain(a) - chain(b));
  }

  /** Runs a recorded command; `undefined` if it is none of the programs known here. */
  run({ argv, command, stdin }: RecordedCommand): Outcome | undefined {
    return argv === null ? this.#shell(command) : this.runProgram(argv, stdin);
  }

  /** Runs one program; `undefined` if it is not known here. */
  runProgram(argv: readonly string[], stdin: string, settings: Partial<ControlEnvironment> = {}): Outcome | undefined {
    const [programName = "", ...words] = argv;
    const environment = { server: this.server, names: this.#names, programName, stdin, ...settings };
    switch (programName) {
      case "ipvsadm":
      case "/sbin/ipvsadm":
        return runIpvsadm(words, environment);
      case "ipvsadm-save":
        return runIpvsadmSave(words, { ...environment, programName: "ipvsadm" });
      case "ipvsadm-restore":
        return runIpvsadmRestore({ ...environment, programName: "ipvsadm" });
      case "setpriv":
        return this.runProgram(words.slice(words.indexOf("ipvsadm")), stdin, { mayChange: false });
      case "cat":
        return done(procFile((words[0] ?? "").replace("/proc/net/", ""), this.server) ?? "");
      default:
        return undefined;
    }
  }

  /** Commands between `;`, pipes, `> file`, `< file`, one variable before a command, and `echo "exit $?"`. */
  #shell(script: string): Outcome | undefined {
    let out = "";
    let err = "";
    let status = 0;
    for (const pipeline of script.split(";").map((part) => part.trim())) {
      const result = pipeline === 'echo "exit $?"' ? done(`exit ${status}\n`) : this.#pipeline(pipeline);
      if (result === undefined) return undefined;
      out += result.out;
      err += result.err;
      status = result.code;
    }
    return { code: status, out, err };
  }

  #pipeline(pipeline: string): Outcome | undefined {
    let last: Outcome | undefined;
    let err = "";
    for (const command of pipeline.split("|").map((part) => part.trim())) {
      last = this.#redirected(command, last?.out ?? "");
      if (last === undefined) return undefined;
      err += last.err;
    }
    return last === undefined ? undefined : { ...last, err };
  }

  #redirected(command: string, stdin: string): Outcome | undefined {
    const words = command.split(" ");
    const posixlyCorrect = words[0] === "POSIXLY_CORRECT=1";
    if (posixlyCorrect) words.shift();
    const at = words.findIndex((word) => word === ">" || word === "<");
    const [operator, file = ""] = at < 0 ? [] : words.splice(at, 2);
    const input = operator === "<" ? (this.#files.get(file) ?? "") : stdin;
    const result = this.runProgram(words, input, { posixlyCorrect });
    if (result === undefined || operator !== ">") return result;
    this.#files.set(file, result.out);
    return { ...result, out: "" };
  }
}
