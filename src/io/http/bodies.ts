/** The bodies of requests, in memory while they are used, bounded one by one and all together. */
import type { IncomingMessage } from "node:http";
import { BadRequest } from "./guarded-server.ts";
import { ALL_BODIES, LARGEST_BODY } from "./limits.ts";

/** Most bodies fit without growing. */
const FIRST = 4096;

/** A body as it comes: one piece of memory, since many small chunks would cost a hundred times their bytes as objects. */
class Body {
  bytes = Buffer.alloc(0);
  length = 0;

  /** The memory that it takes with `more` bytes: doubling, so that copying stays linear. */
  sizeWith(more: number): number {
    let size = Math.max(FIRST, this.bytes.length);
    while (size < this.length + more) size *= 2;
    return Math.min(size, LARGEST_BODY);
  }

  append(piece: Buffer): void {
    const size = this.sizeWith(piece.length);
    if (size > this.bytes.length) {
      const grown = Buffer.alloc(size);
      this.bytes.copy(grown, 0, 0, this.length);
      this.bytes = grown;
    }
    this.length += piece.copy(this.bytes, this.length);
  }
}

export class Bodies {
  #held = 0;

  /** Reads a body, has it used, and forgets it. Rejects with BadRequest if it is too large or there are too many. */
  async use<Result>(request: IncomingMessage, take: (text: string) => Promise<Result>): Promise<Result> {
    const body = new Body();
    try {
      // A request that is refused stays open: whoever sends it shall read why.
      const pieces: AsyncIterable<Buffer> = request.iterator({ destroyOnReturn: false });
      for await (const piece of pieces) this.#add(body, piece);
      return await take(body.bytes.toString("utf8", 0, body.length));
    } finally {
      this.#held -= body.bytes.length;
    }
  }

  #add(body: Body, piece: Buffer): void {
    if (body.length + piece.length > LARGEST_BODY) throw new BadRequest(413, "the body is too large");
    const grows = body.sizeWith(piece.length) - body.bytes.length;
    if (this.#held + grows > ALL_BODIES) throw new BadRequest(503, "too many requests at once: try again");
    this.#held += grows;
    body.append(piece);
  }
}
