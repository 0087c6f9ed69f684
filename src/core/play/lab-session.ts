/** A prompt on one of the built-in networks: a client, a director, real servers, in virtual time. */
import { parseCase } from "../capture/case-text.ts";
import { formatCase } from "../capture/case-writer.ts";
import { parseDuration } from "../capture/duration.ts";
import type { TranscriptEvent } from "../capture/transcript.ts";
import { runIpvsadm } from "../control/interpreter.ts";
import { summary } from "../explain/summary.ts";
import type { Director } from "../host/director.ts";
import { sysctlNames } from "../host/sysctls.ts";
import { PROC_FILES } from "../ipvs/proc-files.ts";
import { PROTOCOLS_IN_WORDS } from "../packet/made-up-packet.ts";
import { unmetExpectation } from "../replay/expectations.ts";
import { withExpectations } from "../replay/transcript-case.ts";
import { runTranscript } from "../replay/transcript-run.ts";
import { type FaultName, faultsOf } from "../simulator/faults.ts";
import type { Host } from "../simulator/host.ts";
import type { Mode } from "../simulator/layout.ts";
import { buildTopology, type Topology, type TopologyOptions } from "../simulator/topologies.ts";
import { formatAddress, formatEndpoint } from "../wire/address.ts";
import { curl, ping } from "./clients.ts";
import { cat, ipvsadm, sysctl } from "./director-programs.ts";
import { Recorder } from "./recorder.ts";
import { type Answer, completions, failed, helpLines, type PlayCommands, type Session, said } from "./session.ts";
import { briefLines, explainMadeUp, walkLines } from "./told.ts";

const MICROSECONDS = 1e6;
/** Lines that send nothing: what they are asked about is the line before. */
const ASKS = /^(explain|expect|save|help|hosts|tcpdump|cat)\b|^(ipvsadm\s+)?-\w*[lLS]/;

export class LabSession implements Session {
  readonly #mode: Mode;
  readonly #options: TopologyOptions;
  #topology: Topology;
  #recorder: Recorder;
  #commands: PlayCommands;
  /** Whether frames are shown as they go over the wires. */
  #watches = false;
  /** Frames that were shown, or lay before the last command. */
  #seen = 0;
  /** Packets of the director before the last command. */
  #before = 0;
  /** Where those of the last command begin that brought any. */
  #lastBrought = 0;

  constructor(mode: Mode, options: TopologyOptions = {}) {
    this.#mode = mode;
    this.#options = options;
    this.#topology = buildTopology(mode, options);
    this.#recorder = new Recorder(this.#topology);
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
    this.#seen = this.#topology.network.hops.length;
    if (!ASKS.test(text)) this.#begin();
    const answer = this.#answer(text);
    if (!this.#watches) return answer;
    return { ...answer, lines: [...this.#frames(this.#seen), ...answer.lines] };
  }

  #answer(text: string): Answer {
    const [name = "", ...words] = text.split(/\s+/);
    const rest = text.slice(name.length).trim();
    if (name.startsWith("-")) return this.#ipvsadm(text);
    const client = this.#topology.clients.find((host) => host.name === name);
    if (client !== undefined && (words[0] === "curl" || words[0] === "ping")) {
      return words[0] === "curl" ? this.#curl(words.slice(1), client) : ping(this.#topology, words.slice(1), client);
    }
    const command = Object.hasOwn(this.#commands, name) ? this.#commands[name] : undefined;
    if (command !== undefined) return command.run(words, rest);
    if (name === "frame" || PROTOCOLS_IN_WORDS.some((protocol) => protocol === name)) return this.#inject(text);
    return failed(`${name}: no such command; help lists them`);
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
        usage: "tcpdump [on | off]",
        what: "all frames so far; or each as it goes over a wire",
        run: ([word]) => this.#tcpdump(word),
        words: () => ["on", "off"],
      },
      sleep: { usage: "sleep 900", what: "time passes; 15 min is as good", run: (_, rest) => this.#sleep(rest) },
      wait: { usage: "wait 15 min", what: "the same, as a case has it", run: (_, rest) => this.#sleep(rest) },
      step: { usage: "step [N]", what: "the next thing happens", run: ([count = "1"]) => this.#step(Number(count)) },
      run: { usage: "run", what: "all that was begun comes to its end", run: () => this.#finish() },
      fault: {
        usage: "fault [NAME | off]",
        what: "the network anew, with a mistake in it",
        run: ([name]) => this.#fault(name),
        words: () => ["off", ...this.#faults().map((fault) => fault.name)],
      },
      explain: {
        usage: "explain [N | PACKET]",
        what: "what the director did with the last packets, packet N, or would do with a made-up one",
        run: (_, rest) => this.#explain(rest),
      },
      expect: {
        usage: "expect sent eth1 to 172.16.1.2:80",
        what: "what the last command has to have come to",
        run: (_, rest) => this.#expect(rest),
      },
      hosts: { usage: "hosts", what: "", run: () => said(...this.#hosts()) },
      save: {
        usage: "save FILE.case",
        what: "the session as a case: what came to the director, and what came of it",
        run: ([name]) =>
          name === undefined
            ? failed("save: expected the name of a file")
            : { lines: [], file: { name, text: this.#case() } },
      },
      help: {
        usage: "help",
        what: "",
        run: () =>
          said(
            ...helpLines(this.#commands, [
              ["tcp A:P > B:P S, udp ...", "a packet arrives at the director from nowhere"],
            ]),
          ),
      },
      quit: { usage: "quit", what: "", run: () => ({ lines: [], over: true }) },
    };
  }

  get #director(): Director {
    return this.#topology.director.stack;
  }

  // --- clients

  #curl = (words: readonly string[], client: Host): Answer =>
    curl(this.#topology, words, client, (from) => (this.#watches ? [] : this.#frames(from)));

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
    return said(...this.#recorder.packets().slice(this.#before).flatMap(briefLines));
  }

  // --- the director

  #ipvsadm = (args: string): Answer => ipvsadm(this.#director, this.#recorder, args);

  /** A command begins that does something. */
  #begin(): void {
    const packets = this.#recorder.packets().length;
    if (packets > this.#before) this.#lastBrought = this.#before;
    this.#before = packets;
  }

  #explain(words: string): Answer {
    const packets = this.#recorder.packets();
    if (words === "") {
      const now = packets.slice(this.#before);
      const last = now.length > 0 ? now : packets.slice(this.#lastBrought, this.#before);
      return last.length === 0 ? failed("no packet came to the director") : said(...last.flatMap(briefLines));
    }
    if (!/^\d+$/.test(words)) return this.#whatIf(words);
    const wanted = packets[Number(words) - 1];
    return wanted === undefined
      ? failed(`packets are numbered from 1 to ${packets.length}`)
      : said(...walkLines(wanted));
  }

  /** On a director that has lived through the same: this one is left alone. */
  #whatIf(words: string): Answer {
    const present: Director[] = [];
    runTranscript(this.#recorder.transcript(), undefined, (director) => present.push(director));
    const [director] = present;
    director?.advance(this.#topology.network.now);
    return explainMadeUp(words, director);
  }

  #expect(text: string): Answer {
    const head = this.#recorder.transcript().head;
    const parsed = parseCase(`${formatCase({ head, events: [] })}\nwait 1 s\nexpect ${text}\n`);
    if (parsed.kind === "errors") return failed(...parsed.errors.map(({ message }) => message));
    const packets = this.#recorder.packets().slice(this.#before);
    const walk = packets.flatMap(({ events }) => events);
    const sent = walk.flatMap((event) => (event.kind === "sent" ? [{ dev: event.dev, frame: event.bytes }] : []));
    const event: TranscriptEvent = { do: "sleep", t: 0, seconds: 0 };
    const unmet = unmetExpectation(head, parsed.transcript.events.at(-1)?.expect ?? [], { event, walk, sent });
    return unmet === undefined
      ? said()
      : failed(`expected ${unmet.expected}, got`, ...unmet.got.split("\n").map((line) => `  ${line}`));
  }

  // --- time and network

  #sleep(text: string): Answer {
    const seconds = parseDuration(text);
    if (seconds === undefined) return failed(`expected a time such as 900, 15 min or 200 ms, got "${text}"`);
    const { network } = this.#topology;
    this.#recorder.tell({ do: "sleep", t: this.#recorder.seconds, seconds });
    network.runUntil(network.now + seconds * MICROSECONDS);
    return said();
  }

  #step(count: number): Answer {
    if (!(count >= 1)) return failed("step: expected a number, from 1");
    const { network } = this.#topology;
    const before = network.hops.length;
    let steps = 0;
    // Steps in which nothing is to be seen are timers of hosts.
    while (steps < count && network.step()) if (network.hops.length > before + steps) steps++;
    const lines = this.#watches ? [] : this.#frames(before);
    return lines.length === 0 && steps === 0
      ? failed("nothing is under way: begin with curl http://.../ &")
      : said(...lines);
  }

  #finish(): Answer {
    this.#topology.network.run();
    return said(...this.#recorder.packets().slice(this.#before).flatMap(briefLines));
  }

  #tcpdump(word: string | undefined): Answer {
    if (word === "on" || word === "off") {
      this.#watches = word === "on";
      return said();
    }
    return word === undefined ? said(...this.#frames(0)) : failed("tcpdump: expected on or off, or nothing");
  }

  #frames(from: number): string[] {
    return this.#topology.network.hops
      .slice(from)
      .map(
        ({ time, segment, from: sender, to, bytes }) =>
          `${(time / MICROSECONDS).toFixed(6)} ${segment} ${sender} > ${to.join(", ")}: ${summary(bytes)}`,
      );
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
    this.#rebuild(fault === undefined ? [] : [fault.name]);
    return said(
      ...(fault === undefined ? [] : [`${fault.title}.`]),
      "The network is built anew: rules stay, connections are gone.",
    );
  }

  /** The rules of the director go with it. */
  #rebuild(faults: readonly FaultName[]): void {
    const rules = runIpvsadm(["-S", "-n"], { server: this.#director.server }).out;
    this.#topology = buildTopology(this.#mode, { ...this.#options, faults });
    this.#recorder = new Recorder(this.#topology);
    this.#commands = this.#makeCommands();
    this.#before = 0;
    this.#lastBrought = 0;
    this.#seen = 0;
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
