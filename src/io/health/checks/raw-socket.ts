/** The package raw-socket, as far as it is used. It is optional, because it needs a compiler, and loaded on first use. */
import { createRequire } from "node:module";
import { AF_INET, type Family } from "../../../core/wire/address.ts";

export interface RawSocket {
  send(bytes: Buffer, offset: number, length: number, address: string, sent: (error: Error | null) => void): void;
  on(event: "message", take: (bytes: Buffer, source: string) => void): void;
  on(event: "error", take: (error: Error) => void): void;
  close(): void;
}

interface RawSocketPackage {
  readonly Protocol: { readonly ICMP: number; readonly ICMPv6: number };
  readonly AddressFamily: { readonly IPv4: number; readonly IPv6: number };
  createSocket(options: { readonly protocol: number; readonly addressFamily: number }): RawSocket;
}

/** A socket for ICMP or ICMPv6. Throws Error, whose message is for people, if there can be none. */
export function openIcmpSocket(family: Family): RawSocket {
  const raw = loadPackage();
  try {
    const { Protocol, AddressFamily } = raw;
    return family === AF_INET
      ? raw.createSocket({ protocol: Protocol.ICMP, addressFamily: AddressFamily.IPv4 })
      : raw.createSocket({ protocol: Protocol.ICMPv6, addressFamily: AddressFamily.IPv6 });
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
