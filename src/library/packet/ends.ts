/** The ends of a packet in words: `10.1.0.1:40000 > 10.1.0.100:80`, `[2001:db8::1]:40000 > [2001:db8::2]:80`, or addresses alone. */
import { type Address, parseAddress } from "../../core/wire/address.ts";
import { UsageError } from "../errors.ts";
import { got } from "../wrong-use.ts";

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
export const endsOf = (text: string): Ends => readEnds(text, false);

/** The ends of a protocol that has ports: both are to be said. Throws UsageError. */
export const endsWithPorts = (text: string): Ends => readEnds(text, true);

function readEnds(text: string, withPorts: boolean): Ends {
  if (typeof text !== "string") throw new UsageError(`${got(text)}: expected the ends of a packet, such as ${EXAMPLE}`);
  const [from, to, ...rest] = text.split(">");
  const source = endOf(from ?? "");
  const destination = endOf(to ?? "");
  if (source === undefined || destination === undefined || rest.length > 0)
    throw new UsageError(`"${text}": expected the ends of a packet, such as ${EXAMPLE}`);
  if (source.address.family !== destination.address.family)
    throw new UsageError(`"${text}": expected both ends in one family, IPv4 or IPv6`);
  if (withPorts && (source.port === undefined || destination.port === undefined))
    throw new UsageError(`"${text}": expected a port at both ends, such as ${EXAMPLE}`);
  return { source: numbered(source), destination: numbered(destination) };
}

const numbered = ({ address, port = 0 }: WrittenEnd): End => ({ address, port });

interface WrittenEnd {
  readonly address: Address;
  readonly port: number | undefined;
}

function endOf(text: string): WrittenEnd | undefined {
  const [, bracketed, plain, digits] = /^\s*(?:\[([^\]]*)\]|([\d.]+))(?::(\d{1,5}))?\s*$/.exec(text) ?? [];
  const address = parseAddress(bracketed ?? plain ?? text.trim());
  const port = digits === undefined ? undefined : Number(digits);
  return address === undefined || (port ?? 0) > 0xffff ? undefined : { address, port };
}
