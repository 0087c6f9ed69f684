/** Names of a lab's namespaces and devices. All begin with PREFIX: nothing else is ever touched. */

export const PREFIX = "tvs";

/** The director's namespace; it also holds the bridges, for a TAP device can only join a bridge of its own namespace. */
export const DIRECTOR = "director";

/** Short, and without a hyphen, so that the namespaces of lab `a` are never taken for those of `a-b`. */
const LAB_NAME = /^[a-z][a-z0-9]{0,11}$/;

export const isLabName = (name: string): boolean => LAB_NAME.test(name);

export const namespaceOf = (lab: string, host: string): string => `${PREFIX}-${lab}-${host}`;

/** Whose namespace this is; `undefined` if it is none of ours. */
export function ownerOf(namespace: string): { readonly lab: string; readonly host: string } | undefined {
  const [, lab, host] = /^tvs-([a-z][a-z0-9]{0,11})-([a-z][a-z0-9]*)$/.exec(namespace) ?? [];
  return lab === undefined || host === undefined ? undefined : { lab, host };
}

/** The bridge that is a segment. */
export const bridgeOf = (segment: string): string => `${PREFIX}-${segment}`;

/** The bridge's port to a host; `index` counts the host's NICs. */
export const portOf = (host: string, index: number): string => `${PREFIX}-${host}-${index}`;

/** The TAP device that is the director's port. */
export const tapOf = (port: string): string => `${PREFIX}-${port}`;
