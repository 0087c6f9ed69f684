/**
 * Netlink attributes in a message: length (its own 4 bytes among them), type, value, filled up to 4 bytes
 * (struct nlattr, include/uapi/linux/netlink.h). Numbers are in the machine's byte order unless a name says network.
 * differs: little endian always, as x86-64 and arm64 are.
 */
import { EINVAL, ERANGE, type Errno, SUCCESS } from "./errno.ts";

export const ATTRIBUTE_HEADER = 4;
/** NLA_F_NESTED and NLA_F_NET_BYTEORDER stand above the type; some clients set the first, the kernel never looks. */
const TYPE_MASK = 0x3fff;

export const align = (length: number): number => (length + 3) & ~3;

/**
 * What a value must be (struct nla_policy): a number of so many bytes at least, so many bytes at most, a text of so many
 * characters at most that ends with 0, or attributes.
 */
export type Rule =
  | { readonly is: "number"; readonly bytes: number }
  | { readonly is: "bytes"; readonly most: number }
  | { readonly is: "text"; readonly most: number }
  | { readonly is: "attributes" };

/** Rules by type; of a type without one any value will do. */
export type Policy = Readonly<Record<number, Rule>>;

export const U8: Rule = { is: "number", bytes: 1 };
export const U16: Rule = { is: "number", bytes: 2 };
export const U32: Rule = { is: "number", bytes: 4 };
export const NESTED: Rule = { is: "attributes" };
export const bytesOf = (most: number): Rule => ({ is: "bytes", most });
export const textOf = (most: number): Rule => ({ is: "text", most });
/** So many bytes at least (NLA_UNSPEC). */
export const atLeast = (bytes: number): Rule => ({ is: "number", bytes });

/** Attributes by type: the last of those of one type counts. A value that is missing reads as `undefined`. */
export class Attributes {
  readonly #values = new Map<number, DataView>();

  set(type: number, value: DataView): void {
    this.#values.set(type, value);
  }

  has(...types: readonly number[]): boolean {
    return types.every((type) => this.#values.has(type));
  }

  u8(type: number): number | undefined {
    return this.#values.get(type)?.getUint8(0);
  }

  u16(type: number): number | undefined {
    return this.#values.get(type)?.getUint16(0, true);
  }

  u32(type: number): number | undefined {
    return this.#values.get(type)?.getUint32(0, true);
  }

  networkU16(type: number): number | undefined {
    return this.#values.get(type)?.getUint16(0);
  }

  networkU32(type: number): number | undefined {
    return this.#values.get(type)?.getUint32(0);
  }

  /** The text before its 0. */
  text(type: number): string | undefined {
    const bytes = this.bytes(type);
    if (bytes === undefined) return undefined;
    const end = bytes.indexOf(0);
    return String.fromCharCode(...bytes.subarray(0, end < 0 ? bytes.length : end));
  }

  bytes(type: number): Uint8Array | undefined {
    const value = this.#values.get(type);
    return value && new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  }

  /** The first `length` bytes of a value, filled up with 0 (nla_memcpy). */
  padded(type: number, length: number): DataView | undefined {
    const bytes = this.bytes(type);
    if (bytes === undefined) return undefined;
    const copy = new Uint8Array(length);
    copy.set(bytes.subarray(0, length));
    return new DataView(copy.buffer);
  }
}

/**
 * The attributes of a message or of a nested value, or why they are refused. What follows the last whole attribute is
 * passed over, as are types without a rule (lib/nlattr.c: __nla_validate_parse, liberal).
 */
export function readAttributes(bytes: Uint8Array, policy: Policy): Attributes | Errno {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const attributes = new Attributes();
  for (let at = 0; at + ATTRIBUTE_HEADER <= bytes.length; ) {
    const length = view.getUint16(at, true);
    if (length < ATTRIBUTE_HEADER || at + length > bytes.length) break;
    const type = view.getUint16(at + 2, true) & TYPE_MASK;
    const value = new DataView(view.buffer, view.byteOffset + at + ATTRIBUTE_HEADER, length - ATTRIBUTE_HEADER);
    const rule = policy[type];
    if (rule !== undefined) {
      const refusal = refusalOf(value, rule);
      if (refusal !== SUCCESS) return refusal;
      attributes.set(type, value);
    }
    at += align(length);
  }
  return attributes;
}

/** lib/nlattr.c: validate_nla. */
function refusalOf(value: DataView, rule: Rule): Errno {
  switch (rule.is) {
    case "number":
      return value.byteLength < rule.bytes ? ERANGE : SUCCESS;
    case "bytes":
      return value.byteLength > rule.most ? ERANGE : SUCCESS;
    case "attributes":
      return value.byteLength > 0 && value.byteLength < ATTRIBUTE_HEADER ? ERANGE : SUCCESS;
    case "text":
      return refusalOfText(value, rule.most);
  }
}

function refusalOfText(value: DataView, most: number): Errno {
  const bytes = new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  if (!bytes.subarray(0, most + 1).includes(0)) return EINVAL;
  const length = bytes.at(-1) === 0 ? bytes.length - 1 : bytes.length;
  return length > most ? ERANGE : SUCCESS;
}

/** Attributes inside an attribute that has passed its rule; EINVAL if it is missing or any of them is refused. */
export function readNested(attributes: Attributes, type: number, policy: Policy): Attributes | Errno {
  const bytes = attributes.bytes(type);
  if (bytes === undefined) return EINVAL;
  const nested = readAttributes(bytes, policy);
  return typeof nested === "number" ? EINVAL : nested;
}
