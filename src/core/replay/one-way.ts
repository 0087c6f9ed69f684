/** Recordings that have one direction only: what a director sent is missing, or what it was sent. */

/** Frames that arrived, those that the recorded director sent, and those of the emulator. */
interface Counted {
  arrived: number;
  recorded: number;
  made: number;
}

/** Counts the frames of each interface by their direction. */
export class Directions {
  readonly #ports = new Map<string, Counted>();

  count(port: string, direction: keyof Counted): void {
    const counted = this.#ports.get(port) ?? { arrived: 0, recorded: 0, made: 0 };
    counted[direction]++;
    this.#ports.set(port, counted);
  }

  /** What is missing, and what to do about it; empty if nothing is. */
  notes(): string[] {
    const sum = (direction: keyof Counted): number =>
      [...this.#ports.values()].reduce((total, counted) => total + counted[direction], 0);
    if (sum("made") > 0 && sum("recorded") === 0)
      return [
        "the recording has nothing that a director sent, which is what is compared: no frame comes from a mac: of its interfaces. " +
          "Record both directions on each interface; tapvs replay runs it without comparing, tapvs adopt makes a case of any capture",
      ];
    if (sum("recorded") > 0 && sum("arrived") === 0)
      return ["the recording has only what the director sent: record what arrives, too, on each interface"];
    return [...this.#ports]
      .filter(([, { recorded, made }]) => made > 0 && recorded === 0)
      .map(
        ([port]) => `the recording has nothing that the director sent on ${port}: record both directions there, too`,
      );
  }
}
