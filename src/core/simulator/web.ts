/** The programs of the built-in networks: a web server that says its name, and a client that asks for one page. */
import type { TcpConnection, TcpEnd, TcpProgram } from "./tcp-connection.ts";

const END_OF_HEAD = "\r\n\r\n";

const toBytes = (text: string): Uint8Array => Uint8Array.from(text, (letter) => letter.charCodeAt(0));
const toText = (bytes: Uint8Array): string => Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");

/** HTTP/1.0 in as few words as it takes: `body` is sent to whoever has said a whole request. */
export function webServer(body: string): () => TcpProgram {
  const length = body.length;
  return () => {
    let heard = "";
    return {
      data: (connection, bytes) => {
        heard += toText(bytes);
        if (!heard.endsWith(END_OF_HEAD)) return;
        heard = "";
        connection.write(toBytes(`HTTP/1.0 200 OK\r\nContent-Length: ${length}${END_OF_HEAD}${body}`));
      },
    };
  };
}

/** How a request ended; `pending` while it runs. */
export type WebEnd =
  | { readonly kind: "pending" }
  | { readonly kind: "answered"; readonly body: string }
  /** The other side closed before it had said all. */
  | { readonly kind: "cut-off" }
  | Exclude<TcpEnd, { kind: "closed" }>;

/** Asks for one page and closes. */
export class WebClient implements TcpProgram {
  end: WebEnd = { kind: "pending" };
  readonly #request: string;
  readonly #later: (run: () => void) => void;
  #heard = "";

  /** `padding` bytes make the request longer than it has to be; `later` is how long the program thinks before it asks. */
  constructor(path: string, padding: number, later: (run: () => void) => void) {
    this.#later = later;
    const filler = padding === 0 ? "" : `X-Padding: ${"x".repeat(padding)}\r\n`;
    this.#request = `GET ${path} HTTP/1.0\r\n${filler}\r\n`;
  }

  connected(connection: TcpConnection): void {
    this.#later(() => connection.write(toBytes(this.#request)));
  }

  data(connection: TcpConnection, bytes: Uint8Array): void {
    this.#heard += toText(bytes);
    const [head, body] = this.#heard.split(END_OF_HEAD);
    const length = Number(/Content-Length: (\d+)/.exec(head ?? "")?.[1] ?? Number.NaN);
    if (body === undefined || body.length < length) return;
    this.end = { kind: "answered", body };
    connection.close();
  }

  ended(_connection: TcpConnection, end: TcpEnd): void {
    if (this.end.kind === "pending") this.end = end.kind === "closed" ? { kind: "cut-off" } : end;
  }
}
