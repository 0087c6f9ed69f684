/** A prompt on one of the built-in networks: a client, a director, real servers, in virtual time. */
import { amount } from "../amount.ts";
import { parseCase } from "../capture/case-text.ts";
import { formatCase } from "../capture/case-writer.ts";
import { runIpvsadm } from "../control/interpreter.ts";
import type { Director } from "../host/director.ts";
import { sysctlNames } from "../host/sysctls.ts";
import { PROC_FILES } from "../ipvs/proc-files.ts";
import { PROTOCOLS_IN_WORDS } from "../packet/made-up-packet.ts";
import { withExpectations } from "../replay/transcript-case.ts";
import { type FaultName, faultsOf } from "../simulator/faults.ts";
import type { Host } from "../simulator/host.ts";
import type { Mode } from "../simulator/layout.ts";
import { buildTopology, type Topology, type TopologyOptions } from "../simulator/topologies.ts";
import { formatAddress, formatEndpoint } from "../wire/address.ts";
import { BegunRequests } from "./begun-requests.ts";
import { curl, ping } from "./clients.ts";
import { cat, ipvsadm, sysctl } from "./director-programs.ts";
import { LastPackets } from "./last-packets.ts";
import { Recorder } from "./recorder.ts";
import {
  type Answer,
  both,
  completions,
  failed,
  helpLines,
  type PlayCommands,
  runCommand,
  type Session,
  said,
} from "./session.ts";
import { Wires } from "./wires.ts";

/** Lines that send nothing: what they are asked about is the line before. */
const ASKS = /^(explain|expect|save|help|hosts|tcpdump|cat)\b|^(ipvsadm\s+)?-\w*[lLS]/;

export class LabSession implements Session {
  readonly #mode: Mode;
  readonly #options: TopologyOptions;
  #topology: Topology;
  #recorder: Recorder;
  #commands: PlayCommands;
  #wires: Wires;
  #last: LastPackets;
  #begun: BegunRequests;

  constructor(mode: Mode, options: TopologyOptions = {}) {
    this.#mode = mode;
    this.#options = options;
    this.#topology = buildTopology(mode, options);
    this.#recorder = new Recorder(this.#topology);
    this.#wires = new Wires(this.#topology.network, this.#recorder, false);
    this.#last = new LastPackets(this.#recorder, this.#topology.network);
    this.#begun = new BegunRequests(this.#topology.network);
    this.#commands = this.#makeCommands();
  }

  get greeting(): readonly string[] {
    const { hosts, virtualAddress, port } = this.#topology;
    return [
      `${hosts.map(({ name, address }) => `${name} ${formatAddress(address)}`).join(", ")}`,
      `The service is http://${formatEndpoint(virtualAddress, port)}/. curl, ping, ipvsadm -Ln, tcpdump on, explain, help`,
    ];
  }

  complete = (line: string): readonly string[] =>
    completions(this.#commands, line, [...PROTOCOLS_IN_WORDS, ...this.#topology.clients.map(({ name }) => name)]);

  run(line: string): Answer {
    const text = line.trim();
    if (text === "" || text.startsWith("#")) return said();
    const seen = this.#wires.count;
    const { network } = this.#topology;
    if (!ASKS.test(text)) this.#last.begin();
    const answer = both(this.#answer(text), this.#begun.ended());
    if (!this.#wires.isWatched) return answer;
    // A fault builds another network, of which nothing was seen before.
    const from = this.#topology.network === network ? seen : 0;
    return { ...answer, lines: [...this.#wires.frames(from), ...answer.lines] };
  }

  end(): Answer {
    this.#topology.network.run();
    return this.#begun.ended();
  }

  #answer(text: string): Answer {
    const [name = "", ...words] = text.split(/\s+/);
    const rest = text.slice(name.length).trim();
    if (name.startsWith("-")) return this.#ipvsadm(text);
    const client = this.#topology.clients.find((host) => host.name === name);
    if (client !== undefined) return this.#onClient(client, words);
    const command = Object.hasOwn(this.#commands, name) ? this.#commands[name] : undefined;
    if (command !== undefined) return runCommand(command, words, rest);
    if (name === "frame" || PROTOCOLS_IN_WORDS.some((protocol) => protocol === name)) return this.#inject(text);
    const wanted = /^client([2-9])$/.exec(name)?.[1];
    if (wanted !== undefined) return failed(`${name}: ${this.#clientsInWords()}; --clients ${wanted} gives more`);
    return failed(`${name}: no such command; help lists them`);
  }

  #clientsInWords(): string {
    const count = this.#topology.clients.length;
    return count === 1 ? "there is one client" : `there are ${count} clients`;
  }

  #makeCommands(): PlayCommands {
    const addresses = (): string[] => [
      formatAddress(this.#topology.virtualAddress),
      ...this.#topology.hosts.map(({ address }) => formatAddress(address)),
    ];
    return {
      curl: {
        usage: "[CLIENT] curl http://ADDRESS[:PORT]/ [N times] [&]",
        what: "a client asks for the page; with & only begins, for step",
        run: (words) => this.#curl(words, this.#topology.client),
        words: () => [`http://${formatEndpoint(this.#topology.virtualAddress, this.#topology.port)}/`],
      },
      ping: {
        usage: "[CLIENT] ping ADDRESS",
        what: "",
        run: (words) => ping(this.#topology, words, this.#topology.client),
        words: addresses,
      },
      ipvsadm: {
        usage: "ipvsadm ...",
        what: "on the director; -Ln and the like without its name, too",
        run: (_, rest) => this.#ipvsadm(rest),
      },
      sysctl: {
        usage: "sysctl NAME | -w NAME=VALUE",
        what: "a switch of the director",
        run: (_, rest) => sysctl(this.#director, this.#recorder, rest),
        words: () => sysctlNames(this.#director),
      },
      cat: {
        usage: "cat /proc/net/ip_vs",
        what: "",
        run: (_, rest) => cat(this.#director, rest),
        words: () => PROC_FILES.map((file) => `/proc/net/${file}`),
      },
      tcpdump: {
        most: 1,
        usage: "tcpdump [on | off]",
        what: "all frames so far; or each as it goes over a wire",
        run: ([word]) => this.#wires.tcpdump(word),
        words: () => ["on", "off"],
      },
      sleep: { usage: "sleep 900", what: "time passes; 15 min is as good", run: (_, rest) => this.#wires.sleep(rest) },
      wait: { usage: "wait 15 min", what: "the same, as a case has it", run: (_, rest) => this.#wires.sleep(rest) },
      step: {
        most: 1,
        usage: "step [N]",
        what: "the next thing happens",
        run: ([count = "1"]) => this.#wires.step(Number(count)),
      },
      run: { most: 0, usage: "run", what: "all that was begun comes to its end", run: () => this.#finish() },
      fault: {
        most: 1,
        usage: "fault [NAME | off]",
        what: "the network anew, with a mistake in it",
        run: ([name]) => this.#fault(name),
        words: () => ["off", ...this.#faults().map((fault) => fault.name)],
      },
      explain: {
        usage: "explain [N | PACKET]",
        what: "what the director did with the last packets, packet N, or would do with a made-up one",
        run: (_, rest) => this.#last.explain(rest),
      },
      expect: {
        usage: "expect sent eth1 to 172.16.1.2:80",
        what: "what the last command has to have come to",
        run: (_, rest) => this.#last.expect(rest),
      },
      hosts: { most: 0, usage: "hosts", what: "their addresses and wires", run: () => said(...this.#hosts()) },
      save: {
        most: 1,
        usage: "save FILE.case",
        what: "the session as a case: what came to the director, and what came of it",
        run: ([name]) =>
          name === undefined
            ? failed("save: expected the name of a file")
            : { lines: [], file: { name, text: this.#case() } },
      },
      help: {
        most: 0,
        usage: "help",
        what: "",
        run: () =>
          said(
            ...helpLines(this.#commands, [
              ["tcp A:P > B:P S, udp ...", "a packet arrives at the director from nowhere"],
            ]),
          ),
      },
      quit: { most: 0, usage: "quit", what: "the end; exit is as good", run: () => ({ lines: [], over: true }) },
    };
  }

  get #director(): Director {
    return this.#topology.director.stack;
  }

  // --- clients

  #onClient(client: Host, [program = "", ...words]: readonly string[]): Answer {
    if (program === "curl") return this.#curl(words, client);
    if (program === "ping") return ping(this.#topology, words, client);
    return failed(`${client.name}: expected curl or ping, got "${program}"`);
  }

  /** Of a request that is only begun, what it has sent so far is shown. */
  #curl(words: readonly string[], client: Host): Answer {
    const before = this.#wires.count;
    const open = this.#begun.count;
    const answer = curl(this.#topology, words, client, this.#begun);
    return this.#begun.count > open ? said(...this.#wires.unseen(before)) : answer;
  }

  /** A packet that nobody of the network sent. */
  #inject(words: string): Answer {
    const head = formatCase({ ...this.#recorder.transcript(), events: [] });
    const parsed = parseCase(`${head}\n${words}\n`);
    if (parsed.kind === "errors") return failed(...parsed.errors.map(({ message }) => message));
    const { director, network } = this.#topology;
    for (const event of parsed.transcript.events) {
      const port = event.do === "rx" ? director.interfaces.find(({ name }) => name === event.dev) : undefined;
      if (event.do !== "rx" || port === undefined) continue;
      port.segment.send({ host: "nobody", delay: 0, receive: () => {} }, event.frame);
      network.run();
    }
    return said(...this.#last.brief());
  }

  // --- the director

  #ipvsadm = (args: string): Answer => ipvsadm(this.#director, this.#recorder, args);

  // --- time and network

  #finish(): Answer {
    this.#topology.network.run();
    return said(...this.#last.brief());
  }

  #faults = () => faultsOf(this.#mode, this.#topology.family);

  #fault(name: string | undefined): Answer {
    const known = this.#faults();
    if (name === undefined)
      return said(
        ...known.map(
          (fault) =>
            `${this.#topology.faults.includes(fault.name) ? "*" : " "} ${fault.name.padEnd(15)} ${fault.title}`,
        ),
      );
    const fault = known.find((one) => one.name === name);
    if (fault === undefined && name !== "off")
      return failed(`fault: expected off or one of ${known.map((one) => one.name).join(", ")}`);
    const lost = this.#begun.count;
    this.#rebuild(fault === undefined ? [] : [fault.name]);
    const told = said(
      ...(fault === undefined ? [] : [`${fault.title}.`]),
      "The network is built anew: rules stay, connections are gone.",
    );
    return lost === 0 ? told : both(told, failed(`${amount(lost, "request")} had begun: no page comes any more`));
  }

  /** The rules of the director go with it. */
  #rebuild(faults: readonly FaultName[]): void {
    const rules = runIpvsadm(["-S", "-n"], { server: this.#director.server }).out;
    this.#topology = buildTopology(this.#mode, { ...this.#options, faults });
    this.#recorder = new Recorder(this.#topology);
    this.#wires = new Wires(this.#topology.network, this.#recorder, this.#wires.isWatched);
    this.#last = new LastPackets(this.#recorder, this.#topology.network);
    this.#begun = new BegunRequests(this.#topology.network);
    this.#commands = this.#makeCommands();
    const own = runIpvsadm(["-S", "-n"], { server: this.#director.server }).out;
    if (own === rules) return;
    for (const args of ["-C", ...rules.split("\n").filter((line) => line !== "")]) this.#ipvsadm(args);
  }

  #hosts(): string[] {
    return this.#topology.hosts.flatMap(({ name, interfaces }) =>
      interfaces.map(
        ({ name: dev, addresses, segment }) =>
          `${name.padEnd(9)} ${dev.padEnd(5)} ${addresses.map(({ address, prefix }) => `${formatAddress(address)}/${prefix}`).join(" ")}  on ${segment.name}`,
      ),
    );
  }

  #case = (): string => formatCase(withExpectations(this.#recorder.transcript()));
}
