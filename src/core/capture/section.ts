/** What holds within one section of a pcapng file: byte order, interfaces, the packet that was read last. */
import { type CaptureFault, type CaptureInterface, PacketInPlace } from "./packet.ts";
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
  /** The packet that was read last: a simple packet block, which has no time, carries on that of the one before. */
  readonly packet = new PacketInPlace();
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
