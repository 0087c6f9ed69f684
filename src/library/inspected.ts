/** How values look that `console.log` of Node prints: getters are read, and what is long is left to who asks for it. */

/** `util.inspect.custom` of Node, by its public name: it means nothing in a browser. */
const INSPECT = Symbol.for("nodejs.util.inspect.custom");

type Inspect = (value: unknown, options: object) => string;

/**
 * Has Node print `value`, or all of which it is the prototype, as it prints what `look` makes of it; `depth` says how many levels
 * below may still be shown.
 */
export function inspectedAs<Value extends object>(
  value: Value,
  look: (value: Value, depth: number) => object,
  name = "",
): Value {
  const inspected = function (this: Value, depth: number, options: object, inspect: Inspect): string {
    const text = inspect(look(this, depth), { ...options, depth });
    return name === "" ? text : `${name} ${text}`;
  };
  return Object.defineProperty(value, INSPECT, { value: inspected });
}

/** Has Node print what the getters of `value` give, not that they are getters. */
export const withGettersRead = <Value extends object>(value: Value): Value => inspectedAs(value, (own) => ({ ...own }));
