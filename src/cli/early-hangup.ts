/**
 * SIGHUP to a director that has hardly begun: it would end the process, so it is held until somebody can obey it. The environment
 * holds it, which goes along when the director starts anew to give up its privileges (io/system/privileges.ts).
 */
const HELD = "TAPVS_HUNG_UP";
const hold = (): void => {
  process.env[HELD] = "1";
};

/** To be called as the first thing of all. */
export function holdHangups(): void {
  process.on("SIGHUP", hold);
}

/** Resolves once one that has come is held: Node tells of signals once a turn of its loop, and this turn may have done so already. */
export const hangupsHeld = (): Promise<void> =>
  new Promise((resolve) => setImmediate(() => setImmediate(() => resolve())));

/** From now on each goes to `obey`; one that came before, at once. */
export function obeyHangups(obey: () => void): void {
  process.on("SIGHUP", obey);
  process.off("SIGHUP", hold);
  const isHeld = process.env[HELD] !== undefined;
  delete process.env[HELD];
  if (isHeld) obey();
}
