/** Who answers datagrams for the family: a running director, or a virtual server in this process. */
import { networkInterfaces } from "node:os";
import { performance } from "node:perf_hooks";
import { procFile } from "../../core/control/proc.ts";
import { isUnicastOrLocal } from "../../core/host/address-type.ts";
import type { DirectorConfig } from "../../core/host/config.ts";
import { Director } from "../../core/host/director.ts";
import { VirtualServer } from "../../core/ipvs/virtual-server.ts";
import { answerDatagram } from "../../core/netlink/answer.ts";
import { parseAddress } from "../../core/wire/address.ts";
import { askDirector } from "../control/client.ts";

export interface FamilyServer {
  /** What the kernel would send back. Rejects with NoDirector, or an Error that says what the director answered. */
  answer(datagram: Uint8Array, capped: boolean): Promise<readonly Uint8Array[]>;
  /** The text of a file of /proc/net, by its name; `undefined` if there is none. Rejects like `answer`. */
  file(name: string): Promise<string | undefined>;
}

/** The director behind a control socket. `warn` hears of changes that a crash would lose. */
export const directorBehind = (socket: string, warn: (message: string) => void): FamilyServer => ({
  async answer(datagram, capped) {
    const body = { datagram: Buffer.from(datagram).toString("base64"), capped };
    const { status, text } = await askDirector(socket, "POST", "/v1/netlink", body);
    if (status !== 200) throw new Error(`${socket}: ${text.trim()}`);
    const { datagrams, unsaved } = JSON.parse(text) as {
      readonly datagrams: readonly string[];
      readonly unsaved?: string;
    };
    if (unsaved !== undefined) warn(`in force, but not saved: ${unsaved}`);
    return datagrams.map((one) => new Uint8Array(Buffer.from(one, "base64")));
  },
  async file(name) {
    const { status, text } = await askDirector(socket, "GET", `/v1/proc?name=${encodeURIComponent(name)}`);
    return status === 200 ? text : undefined;
  },
});

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
    isUnicastOrLocal: (address: Parameters<typeof isUnicastOrLocal>[0]) => isUnicastOrLocal(address, own),
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
  };
}
