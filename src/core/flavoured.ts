/**
 * A number with a name: a plain number may be given for it, another name's never. Costs nothing when the program runs.
 * For numbers that can be mistaken for each other: rows, verdicts, ticks, interface indexes, handles of addresses.
 */
export type Flavoured<Name extends string> = number & { readonly flavour?: Name };
