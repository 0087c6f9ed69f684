/** The ends of a packet in words: `10.1.0.1:40000 > 10.1.0.100:80`, `[2001:db8::1]:40000 > [2001:db8::2]:80`, or addresses alone. */
import { type Address, parseAddress } from "../../core/wire/address.ts";
import { UsageError } from "../errors.ts";

interface End {
  readonly address: Address;
  readonly port: number;
}

export interface Ends {
  readonly source: End;
  readonly destination: End;
}

const EXAMPLE = '"10.1.0.1:40000 > 10.1.0.100:80" or "[2001:db8::1]:40000 > [2001:db8::2]:80"';

/** Both of one family; a port that is left out is 0. Throws UsageError. */
export function endsOf(text: string): Ends {
  if (typeof text !== "string") throw new UsageError(`${text}: expected the ends of a packet, such as ${EXAMPLE}`);
  const [from, to, ...rest] = text.split(">");
  const source = endOf(from ?? "");
  const destination = endOf(to ?? "");
  if (source === undefined || destination === undefined || rest.length > 0)
    throw new UsageError(`"${text}": expected the ends of a packet, such as ${EXAMPLE}`);
  if (source.address.family !== destination.address.family)
    throw new UsageError(`"${text}": expected both ends in one family, IPv4 or IPv6`);
  return { source, destination };
}

function endOf(text: string): End | undefined {
  const [, bracketed, plain, digits = "0"] = /^\s*(?:\[([^\]]*)\]|([\d.]+))(?::(\d{1,5}))?\s*$/.exec(text) ?? [];
  const address = parseAddress(bracketed ?? plain ?? text.trim());
  const port = Number(digits);
  return address === undefined || port > 0xffff ? undefined : { address, port };
}
