/** A page is asked for; its status and, if wanted, a text in its body decide. Redirects are answers like others. */
import { type IncomingMessage, request } from "node:http";
import { connectionFailure, type Finding, noAnswer, type Probe } from "./check.ts";

/** As much of a body is looked through. */
const LONGEST_BODY = 256 * 1024;

export function checkHttp(probe: Probe): Promise<Finding> {
  const { address, port, path, host, timeout } = probe;
  return new Promise((resolve) => {
    const headers = { "User-Agent": "tapvs", ...(host !== undefined && { Host: host }) };
    const sent = request({ host: address, port, path, method: "GET", agent: false, headers });
    const conclude = (finding: Finding): void => {
      clearTimeout(timer);
      sent.destroy();
      resolve(finding);
    };
    const timer = setTimeout(() => conclude(noAnswer(timeout)), timeout);
    sent.on("error", (error: NodeJS.ErrnoException) => conclude(connectionFailure(error)));
    sent.once("response", (response) => judge(probe, response, conclude));
    sent.end();
  });
}

function judge(
  { status: [first, last], body }: Probe,
  response: IncomingMessage,
  conclude: (finding: Finding) => void,
): void {
  const status = response.statusCode ?? 0;
  if (status < first || status > last) {
    conclude(`status ${status}, expected ${first === last ? first : `${first}-${last}`}`);
    return;
  }
  if (body === undefined) {
    conclude(undefined);
    return;
  }
  let text = "";
  response.setEncoding("utf8");
  response.on("data", (piece: string) => {
    text += piece;
    if (text.includes(body)) conclude(undefined);
    else if (text.length > LONGEST_BODY)
      conclude(`the body does not have ${JSON.stringify(body)} in its first ${LONGEST_BODY} bytes`);
  });
  response.on("end", () => conclude(`the body does not have ${JSON.stringify(body)}`));
  response.on("error", (error: NodeJS.ErrnoException) => conclude(connectionFailure(error)));
}
