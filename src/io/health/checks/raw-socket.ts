/** The package raw-socket, as far as it is used. It is optional, because it needs a compiler, and loaded on first use. */
import { createRequire } from "node:module";

export interface RawSocket {
  send(bytes: Buffer, offset: number, length: number, address: string, sent: (error: Error | null) => void): void;
  on(event: "message", take: (bytes: Buffer, source: string) => void): void;
  on(event: "error", take: (error: Error) => void): void;
  close(): void;
}

interface RawSocketPackage {
  readonly Protocol: { readonly ICMP: number };
  createSocket(options: { readonly protocol: number }): RawSocket;
}

/** A socket for ICMP. Throws Error, whose message is for people, if there can be none. */
export function openIcmpSocket(): RawSocket {
  const raw = loadPackage();
  try {
    return raw.createSocket({ protocol: raw.Protocol.ICMP });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(`no raw socket for ICMP: ${why} (it needs root or the capability CAP_NET_RAW)`);
  }
}

function loadPackage(): RawSocketPackage {
  try {
    return createRequire(import.meta.url)("raw-socket") as RawSocketPackage;
  } catch (error) {
    const why = error instanceof Error && "code" in error ? String(error.code) : "it cannot be loaded";
    throw new Error(
      `ICMP needs the package raw-socket, which is not there (${why}): npm install raw-socket, with a compiler at hand`,
    );
  }
}
