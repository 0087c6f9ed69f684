/** Who answers datagrams for the family: a running director, or a virtual server in this process. */
import { networkInterfaces } from "node:os";
import { performance } from "node:perf_hooks";
import { procFile } from "../../core/control/proc.ts";
import { unicastOrLocal } from "../../core/host/address-type.ts";
import type { DirectorConfig } from "../../core/host/config/config.ts";
import { Director } from "../../core/host/director.ts";
import { setVsSysctl, sysctlRefusal, vsSysctlValue } from "../../core/host/sysctls.ts";
import { VirtualServer } from "../../core/ipvs/virtual-server.ts";
import { answerDatagram } from "../../core/netlink/answer.ts";
import { parseAddress } from "../../core/wire/address.ts";
import { askDirector } from "../control/client.ts";

export interface FamilyServer {
  /** What the kernel would send back. Rejects with NoDirector, or an Error that says what the director answered. */
  answer(datagram: Uint8Array, capped: boolean): Promise<readonly Uint8Array[]>;
  /** The text of a file of /proc/net, by its name; `undefined` if there is none. Rejects like `answer`. */
  file(name: string): Promise<string | undefined>;
  /** The value of a switch, by its name in sysctl(8); `undefined` if there is none. Rejects like `answer`. */
  switchValue(name: string): Promise<string | undefined>;
  /** Writes a switch; resolves to what sysctl(8) would say of one that is refused. Rejects like `answer`. */
  setSwitch(name: string, value: string): Promise<string | undefined>;
  /** Resolves when all that was answered so far would survive a crash of the director, or cannot. Never rejects. */
  settle(): Promise<void>;
}

/** The director behind a control socket. `warn` hears of changes that a crash would lose. */
export class DirectorBehind implements FamilyServer {
  readonly #socket: string;
  readonly #warn: (message: string) => void;
  #hasChanged = false;

  constructor(socket: string, warn: (message: string) => void) {
    this.#socket = socket;
    this.#warn = warn;
  }

  /** A program waits for each answer before it asks on: a thousand rules would be saved a thousand times. */
  async answer(datagram: Uint8Array, capped: boolean): Promise<readonly Uint8Array[]> {
    const body = { datagram: Buffer.from(datagram).toString("base64"), capped, save: "later" };
    const { status, text } = await askDirector(this.#socket, "POST", "/v1/netlink", body);
    if (status !== 200) throw new Error(`${this.#socket}: ${text.trim()}`);
    const { datagrams, changed = false } = JSON.parse(text) as {
      readonly datagrams: readonly string[];
      readonly changed?: boolean;
    };
    this.#hasChanged ||= changed;
    return datagrams.map((one) => new Uint8Array(Buffer.from(one, "base64")));
  }

  async file(name: string): Promise<string | undefined> {
    const { status, text } = await askDirector(this.#socket, "GET", `/v1/proc?name=${encodeURIComponent(name)}`);
    return status === 200 ? text : undefined;
  }

  async switchValue(name: string): Promise<string | undefined> {
    const { status, text } = await askDirector(this.#socket, "GET", `/v1/sysctl?name=${encodeURIComponent(name)}`);
    return status === 200 ? (JSON.parse(text) as { readonly value: string }).value : undefined;
  }

  async setSwitch(name: string, value: string): Promise<string | undefined> {
    const { status, text } = await askDirector(this.#socket, "POST", "/v1/sysctl", { name, value });
    return status === 200 ? undefined : text.trim();
  }

  async settle(): Promise<void> {
    if (!this.#hasChanged) return;
    try {
      const { text } = await askDirector(this.#socket, "POST", "/v1/save");
      const { unsaved } = JSON.parse(text) as { readonly unsaved?: string };
      if (unsaved !== undefined) this.#warn(`in force, but not saved: ${unsaved}`);
    } catch (error) {
      this.#warn(`whether all is saved is not known: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
}

/** A director of a configuration, without wires. Its clock is this process's. */
export function directorInMemory(config: DirectorConfig): {
  readonly director: Director;
  readonly family: FamilyServer;
} {
  const director = new Director(config, { link: { send: () => {} } });
  return { director, family: familyOf(director.server) };
}

/** Tables on this machine: its addresses are local, its interfaces may carry a sync daemon. */
export function tablesInMemory(): FamilyServer {
  const interfaces = networkInterfaces();
  const own = Object.values(interfaces).flatMap((list = []) =>
    list.flatMap(({ address, cidr }) => {
      const parsed = parseAddress(address);
      return parsed === undefined ? [] : [{ address: parsed, prefix: Number(cidr?.split("/")[1] ?? 32) }];
    }),
  );
  const host = {
    isUnicastOrLocal: unicastOrLocal(own),
    // Also of another namespace, in which the program may be.
    hasInterface: () => true,
  };
  return familyOf(new VirtualServer({ host }));
}

function familyOf(server: VirtualServer): FamilyServer {
  const began = performance.now();
  const passTime = (): void => server.advance(Math.round((performance.now() - began) * 1000));
  return {
    async answer(datagram, capped) {
      passTime();
      return answerDatagram(datagram, { server, capped });
    },
    async file(name) {
      passTime();
      return procFile(name, server);
    },
    switchValue: async (name) => vsSysctlValue(server, name),
    setSwitch: async (name, value) => sysctlRefusal(name, setVsSysctl(server, name, value)),
    settle: () => Promise.resolve(),
  };
}
