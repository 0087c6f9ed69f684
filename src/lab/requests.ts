/** Requests from a client of the lab, sent by curl, one connection for each. */
import { execute } from "./execute.ts";
import { LabError } from "./lab-error.ts";

/** What became of one request. */
export interface RequestResult {
  /** Which server answered; `undefined` if none did. */
  readonly server?: string;
  /** The address that the server saw, without the port. */
  readonly peer?: string;
  readonly status: number;
  /** Why it failed, in curl's words without the time that it took: what is lost for one reason is counted together. */
  readonly error?: string;
  readonly seconds: number;
}

export interface RequestOptions {
  readonly netns: string;
  readonly url: string;
  readonly count: number;
  /** The client's address to send from. */
  readonly from?: string;
  /** Requests in a second; without it, each as soon as the one before is answered. Needs curl 7.84. */
  readonly perSecond?: number;
  /** Seconds for one request. */
  readonly timeoutSeconds?: number;
}

/** The command that sends the requests: a person could type it. */
export function curlWords(options: RequestOptions): string[] {
  const { netns, url, count, from, perSecond, timeoutSeconds = 2 } = options;
  return [
    ...["ip", "netns", "exec", netns, "curl", "--silent", "--show-error"],
    ...["--max-time", `${timeoutSeconds}`, "--header", "Connection: close"],
    ...(from === undefined ? [] : ["--interface", from]),
    ...(perSecond === undefined ? [] : ["--rate", `${perSecond}/s`]),
    // A line of JSON from curl after each answer, which is a line of JSON itself.
    ...["--write-out", "%{json}\\n"],
    `${url}?[1-${count}]`,
  ];
}

/** Sends the requests, one after the other; resolves to what became of each. */
export async function sendRequests(options: RequestOptions): Promise<RequestResult[]> {
  const { out, err, code } = await execute(curlWords(options));
  const results = readCurl(out);
  if (results.length !== options.count) {
    throw new LabError(
      1,
      `curl answered for ${results.length} of ${options.count} requests (code ${code}): ${err.trim()}`,
    );
  }
  return results;
}

interface CurlReport {
  readonly http_code: number;
  readonly time_total: number;
  readonly errormsg: string | null;
}

const TIME_TAKEN = / after \d+ (?:ms|milliseconds)/;

/** Pairs curl's reports with the answers before them. */
export function readCurl(output: string): RequestResult[] {
  const results: RequestResult[] = [];
  let answer: { server?: string; peer?: string } = {};
  for (const line of output.split("\n")) {
    const value = parsed(line);
    if (value === undefined) continue;
    if (!("http_code" in value)) {
      answer = value;
      continue;
    }
    const { http_code: status, time_total: seconds, errormsg } = value as CurlReport;
    results.push({
      status,
      seconds,
      ...(answer.server !== undefined && { server: answer.server }),
      ...(answer.peer !== undefined && { peer: answer.peer.replace(/:\d+$/, "") }),
      ...(errormsg !== null && { error: errormsg.replace(TIME_TAKEN, "") }),
    });
    answer = {};
  }
  return results;
}

/** An object; `undefined` for a line that is none, such as a page of another web server. */
function parsed(line: string): object | undefined {
  if (!line.startsWith("{")) return undefined;
  try {
    return JSON.parse(line) as object;
  } catch {
    return undefined;
  }
}

/** Whether the request was served. */
export const isServed = ({ status, error }: RequestResult): boolean => error === undefined && status === 200;
