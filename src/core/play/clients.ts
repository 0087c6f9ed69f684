/** What the clients of a network do at the prompt: curl and ping. */
import { faultOf } from "../simulator/faults.ts";
import type { Host } from "../simulator/host.ts";
import type { Topology } from "../simulator/topologies.ts";
import { WebClient, type WebEnd } from "../simulator/web.ts";
import { type Address, AF_INET, formatAddress, parseAddress } from "../wire/address.ts";
import type { BegunRequests } from "./begun-requests.ts";
import { type Answer, failed, said } from "./session.ts";

/** So long after its connection stands a client sends its request, in microseconds. */
const THINKING_TIME = 1000;
const MOST_REQUESTS = 1000;

/** Here as everywhere else these words of curl change nothing: it shows no progress. */
const SILENT = /^(-[sS]+|--silent|--show-error)$/;

/** `http://ADDRESS[:PORT]/ [N times] [&]`: pages, one after the other; with `&` a request is only begun, and goes to `begun`. */
export function curl(topology: Topology, typed: readonly string[], client: Host, begun: BegunRequests): Answer {
  const background = typed.at(-1) === "&";
  const words = (background ? typed.slice(0, -1) : typed).filter((word) => !SILENT.test(word));
  const [, url = "", count = "1"] = /^(\S+)(?: (\d+) times?)?$/.exec(words.join(" ")) ?? [];
  const example = `http://${formatAddressInUrl(topology.virtualAddress)}/`;
  if (words.length > 0 && url === "") return failed(`expected curl ${example} [N times] [&]`);
  const target = urlOf(url);
  if (target === undefined) return failed(`curl: (3) expected a URL such as ${example}`);
  const times = Number(count);
  if (times < 1 || times > MOST_REQUESTS) return failed(`curl: expected 1 to ${MOST_REQUESTS} times, got ${count}`);
  const lines: string[] = [];
  let wrong = false;
  for (let time = 0; time < times; time++) {
    const program = ask(topology, client, target);
    if (background) {
      begun.add(program, () => curlLine(program.end, target));
      continue;
    }
    topology.network.run();
    wrong ||= program.end.kind !== "answered";
    lines.push(curlLine(program.end, target));
  }
  return wrong ? failed(...lines) : { lines };
}

function ask(topology: Topology, client: Host, { address, port, path }: Target): WebClient {
  const { network, faults, mode, family } = topology;
  const padding = Math.max(0, ...faults.map((name) => faultOf(name, mode, family)?.padding ?? 0));
  const program = new WebClient(path, padding, (run) => network.after(THINKING_TIME, run));
  client.tcp.connect(client.address, address, port, program);
  return program;
}

/** One echo request, and what comes of it. */
export function ping(topology: Topology, [target = "", ...more]: readonly string[], client: Host): Answer {
  if (more.length > 0) return failed("expected ping ADDRESS");
  const address = parseAddress(target);
  if (address === undefined)
    return failed(
      `ping: ${target === "" ? "" : `${target}: `}expected an address such as ${formatAddress(topology.virtualAddress)}`,
    );
  const { network } = topology;
  const begun = network.now;
  let answer = failed("no answer within 5 s");
  client.datagrams.ping(client.address, address, new Uint8Array(56), (end) => {
    const milliseconds = ((network.now - begun) / 1000).toFixed(3);
    if (end.kind === "answered") answer = said(`64 bytes from ${formatAddress(end.from)}: time=${milliseconds} ms`);
    if (end.kind === "unreachable") answer = failed(`from a router: ${end.icmp}`);
  });
  network.run();
  return answer;
}

interface Target {
  readonly address: Address;
  readonly port: number;
  readonly path: string;
}

/** `http://12.11.0.101:8080/path`, `http://[fd00::1]/`; the scheme may be left out. */
function urlOf(text: string): Target | undefined {
  const [, bracketed, plain, port = "80", path = "/"] =
    /^(?:http:\/\/)?(?:\[([^\]]+)\]|([^:/]+))(?::(\d{1,5}))?(\/.*)?$/.exec(text) ?? [];
  const address = parseAddress(bracketed ?? plain ?? "");
  return address === undefined || Number(port) > 65_535 ? undefined : { address, port: Number(port), path };
}

/** As curl says it. */
const formatAddressInUrl = (address: Address): string =>
  address.family === AF_INET ? formatAddress(address) : `[${formatAddress(address)}]`;

function curlLine(end: WebEnd, { address, port }: Target): string {
  const where = formatAddressInUrl(address);
  switch (end.kind) {
    case "answered":
      return end.body;
    case "reset":
      return `curl: (7) Failed to connect to ${where} port ${port}: Connection refused`;
    case "unreachable":
      return `curl: (7) Failed to connect to ${where} port ${port}: ${end.icmp}`;
    case "cut-off":
      return "curl: (52) Empty reply from server";
    case "timed-out":
    case "pending":
      return `curl: (28) Failed to connect to ${where} port ${port}: Connection timed out`;
  }
}
