/** A stream of the control socket, as a client reads it that keeps it open. */
import { request } from "node:http";

/** Hands over each line as it comes; resolves to the status when the director ends the stream. */
export function followDirector(socketPath: string, path: string, take: (line: string) => void): Promise<number> {
  return new Promise((resolve, reject) => {
    request({ socketPath, path, agent: false }, (response) => {
      let rest = "";
      response.setEncoding("utf8");
      response.on("data", (piece: string) => {
        const lines = `${rest}${piece}`.split("\n");
        rest = lines.pop() ?? "";
        for (const line of lines) take(line);
      });
      response.on("error", reject);
      response.on("end", () => resolve(response.statusCode ?? 0));
    })
      .on("error", reject)
      .end();
  });
}
