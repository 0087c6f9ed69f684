/** What holds within one section of a pcapng file: byte order, interfaces, the last time seen. */
import type { CaptureFault, CaptureInterface, Instant } from "./packet.ts";
import type { Place, Taker } from "./parser.ts";
import type { Timebase } from "./timebase.ts";

/** Interfaces that one section may have, so that a file cannot fill memory with them. */
const MOST_INTERFACES = 4096;

/** An interface and the meaning of its timestamps. */
export interface TimedInterface {
  readonly port: CaptureInterface;
  readonly timebase: Timebase;
}

/** The state of the section being read. Interface numbers in packets count within the section, `CaptureInterface.index` in the file. */
export class Section {
  readonly place: Place;
  readonly taker: Taker;
  littleEndian = false;
  /** The time of the last packet: a simple packet block, which has none, carries it on. */
  last: Instant = { time: 0, nanoseconds: 0 };
  #interfaces: TimedInterface[] = [];
  #described = 0;

  constructor(place: Place, taker: Taker) {
    this.place = place;
    this.taker = taker;
  }

  begin(littleEndian: boolean): void {
    this.littleEndian = littleEndian;
    this.#interfaces = [];
  }

  /** The index that the next interface gets. */
  get nextIndex(): number {
    return this.#described;
  }

  add(described: TimedInterface): CaptureFault | undefined {
    if (this.#interfaces.length === MOST_INTERFACES) {
      return { kind: "too-many-interfaces", message: `more than ${MOST_INTERFACES} interfaces in a section` };
    }
    this.#interfaces.push(described);
    this.#described++;
    return undefined;
  }

  interface(number: number): TimedInterface | CaptureFault {
    return (
      this.#interfaces[number] ?? {
        kind: "unknown-interface",
        message: `interface ${number}, but the section has described ${this.#interfaces.length} so far`,
      }
    );
  }
}
