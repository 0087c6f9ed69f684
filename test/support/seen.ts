/** A frame that left the director: the fields of tapvs/packet, its port, and what stood beside its bytes. */
import { Fields } from "tapvs/packet";
import { repairHeader } from "../../src/library/packet/ip.ts";
import { headerProblem, pseudoSum } from "../../src/library/packet/problem.ts";

export class Seen extends Fields {
  /** The port's name. */
  readonly port: string;
  /** What stood beside the bytes. */
  readonly checksumStart: number;
  readonly segmentSize: number;
  readonly segmentType: number;

  constructor(port: string, bytes: Uint8Array, checksumStart = 0, segmentSize = 0, segmentType = 0) {
    super(bytes);
    this.port = port;
    this.checksumStart = checksumStart;
    this.segmentSize = segmentSize;
    this.segmentType = segmentType;
  }

  /** What checks of tapvs/testing look at. */
  get fields(): Fields {
    return this;
  }

  override get inner(): Seen {
    return new Seen(this.port, super.inner.bytes);
  }

  /** Where an offload is to finish the checksum, only the pseudo header's sum is to be there, not complemented. */
  override get problem(): string {
    const isPartial = this.checksumStart !== 0 && (this.protocol === 6 || this.protocol === 17);
    if (!isPartial) return super.problem;
    return headerProblem(this) || ((this.checksum - pseudoSum(this)) % 0xffff === 0 ? "" : "partial checksum");
  }

  /** The datagram that these fragments of it make, in order. */
  static joined(pieces: readonly Seen[]): Seen {
    const [first] = pieces;
    if (first === undefined) throw new Error("no fragments");
    const header = first.bytes.slice(0, 14 + first.headerLength);
    const whole = Uint8Array.from([...header, ...pieces.flatMap(({ payload }) => [...payload])]);
    const packet = whole.subarray(14);
    packet.set([packet.length >> 8, packet.length & 255], 2);
    packet.set([0, 0], 6);
    repairHeader(packet);
    return new Seen(first.port, whole);
  }

  /** For people: `eth1 tcp 198.51.100.1:40000 > 192.168.1.2:80 S ttl 63`. */
  override toString(): string {
    return `${this.port} ${super.toString()}`;
  }
}
