/** Programs that speak to the kernel's IPVS, with tapvs in its place. */
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { expect } from "chai";
import { isTooOld, tryFilter } from "../../src/io/with/run-with.ts";
import { type Run as Recorded, runs } from "../core/netlink/recorded.ts";
import { needs, skip } from "../support/machine.ts";
import { scratch } from "./scratch.ts";
import { MAIN, NOBODY, runsForNobody, startTapvs, tapvsProcess } from "./tapvs.ts";

const DIRECTOR = "interfaces:\n  - name: dummy0\n    addresses: [10.255.0.1/24]\n";

/** The run's words as a shell takes them. */
const quoted = (words: readonly string[]): string => words.map((word) => `'${word}'`).join(" ");

/** What hangs on a machine's names, on files of /proc that only a kernel with ip_vs has, or on the order of its hash. */
const isOfMachine = ({ args }: Recorded): boolean => ["-L", "-S", "-Lcn", "-Ln --nosort"].includes(args.join(" "));

const recorded = (first: string, last: string): Recorded[] =>
  runs().filter((run) => run.id >= first && run.id <= last && run.program === "ipvsadm" && !isOfMachine(run));

describe("tapvs with", () => {
  const path = scratch();

  before(async function () {
    const obstacle = await tryFilter();
    if (obstacle !== undefined) skip(this, obstacle);
  });

  const asNobody = (...words: readonly string[]) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, "with", "--", ...words], {
      encoding: "utf8",
      cwd: "/",
      ...NOBODY,
    });
    return { code: status, out: stdout, err: stderr };
  };

  it("knows which kernels are too old", () => {
    expect(["4.19.0", "5.13.19", "5.4.0-150-generic"].map(isTooOld)).deep.equals([true, true, true]);
    expect(["5.14.0", "6.1.0-18-amd64", "6.12.117", "10.0"].map(isTooOld)).deep.equals([false, false, false, false]);
  });

  it("ends as the program does", () => {
    expect(tapvsProcess(["with", "--", "sh", "-c", "exit 7"])).deep.equals({ code: 7, out: "", err: "" });
    expect(tapvsProcess(["with", "--", "sh", "-c", "kill -TERM $$"]).code).equals(143);
    expect(tapvsProcess(["with", "--", "sh", "-c", "cat"], { input: Buffer.from("through\n") }).out).equals(
      "through\n",
    );
    expect(tapvsProcess(["with", "--", "/no/such/program"])).deep.equals({
      code: 127,
      out: "",
      err: "tapvs with: /no/such/program: no such file or directory\n",
    });
    expect(tapvsProcess(["with", "--", "/etc/passwd"]).code).equals(126);
    expect(tapvsProcess(["with"]).code).equals(2);
    expect(tapvsProcess(["with", "-c", "a", "--socket", "b", "--", "true"]).code).equals(2);
  });

  it("waits for what the program left behind", () => {
    expect(tapvsProcess(["with", "--", "sh", "-c", "(sleep 0.3; echo later) & echo now"]).out).equals("now\nlater\n");
  });

  it("hands signals on, to daemons too", async () => {
    const ends = async (script: string): Promise<[number | null, string]> => {
      const child = startTapvs(["with", "--", "sh", "-c", script]);
      let out = "";
      child.stdout.on("data", (piece) => {
        out += piece;
        if (out === "ready\n") child.kill("SIGTERM");
      });
      const [code] = (await once(child, "close")) as [number | null];
      return [code, out];
    };
    expect(await ends("trap 'echo over; exit 5' TERM; echo ready; while :; do sleep 0.1; done")).deep.equals([
      5,
      "ready\nover\n",
    ]);
    // The daemon says so when the program has ended, and its end was seen.
    const daemon =
      "trap 'echo over; exit 5' TERM; while kill -0 $$ 2>/dev/null; do sleep 0.1; done; echo ready; while :; do sleep 0.1; done";
    expect(await ends(`(${daemon}) & exit 3`)).deep.equals([3, "ready\nover\n"]);
  });

  it("says so inside another one", () => {
    const inside = tapvsProcess(["with", "--", process.execPath, MAIN, "with", "--", "true"]);
    expect(inside).include({ code: 4, out: "" });
    expect(inside.err).match(/^tapvs with: a program can be watched once.*\n$/);
  });

  for (const [first, last] of [
    ["000", "096"],
    ["400", "428"],
  ] as const) {
    it(`has Debian's ipvsadm print what it printed on the kernel, ${first} to ${last}`, function () {
      needs(this, "ipvsadm");
      const cases = recorded(first, last);
      for (const { id, stdin } of cases) writeFileSync(path(`${id}.in`), stdin ?? "");
      const lines = cases.map(
        ({ id, args }) =>
          `ipvsadm ${quoted(args)} <'${path(id)}.in' >'${path(id)}.out' 2>'${path(id)}.err'; echo $? >'${path(id)}.rc'`,
      );
      writeFileSync(path("director.yaml"), DIRECTOR);
      const script = path(`${first}.sh`);
      writeFileSync(script, lines.join("\n"));
      expect(tapvsProcess(["with", "-c", path("director.yaml"), "--", "sh", script]), "the script").include({
        err: "",
      });
      const text = (name: string): string => readFileSync(path(name), "utf8");
      for (const { id, args, rc, stdout, stderr } of cases) {
        const printed = { rc: Number(text(`${id}.rc`)), stdout: text(`${id}.out`), stderr: text(`${id}.err`) };
        expect(printed, `${id} ${args.join(" ")}`).deep.equals({ rc, stdout, stderr });
      }
    });
  }

  it("serves a long table, and many rules at once", function () {
    needs(this, "ipvsadm");
    const rules = Array.from({ length: 500 }, (_, index) => `-A -t 10.1.${index >> 8}.${index & 255}:80 -s rr`);
    writeFileSync(path("many"), rules.join("\n"));
    const { out } = tapvsProcess(["with", "--", "sh", "-c", `ipvsadm -R <'${path("many")}'; ipvsadm -Sn`]);
    expect(out.trim().split("\n").sort()).deep.equals(rules.sort());
  });

  it("works for a user without any privilege", function () {
    needs(this, "ipvsadm");
    if (!runsForNobody()) skip(this, "needs root to become another user, and a build that others can read");
    const { code, out, err } = asNobody("sh", "-c", "ipvsadm -A -t 10.0.0.1:80 -s rr && ipvsadm -Sn");
    expect({ code, out, err }).deep.equals({ code: 0, out: "-A -t 10.0.0.1:80 -s rr\n", err: "" });
  });

  it("tells what the program did, as text and as JSON", function () {
    needs(this, "ipvsadm");
    const script =
      "ipvsadm -A -t 10.0.0.1:80 -s rr; ipvsadm -A -t 10.0.0.1:80 -s rr 2>/dev/null; ipvsadm -Ln >/dev/null";
    const { err } = tapvsProcess(["with", "--report", "--", "sh", "-c", script]);
    expect(err.replaceAll(/^ +\d+\.\d{3}/gm, "T")).equals(
      "T  -A -t 10.0.0.1:80 -s rr\nT  -A -t 10.0.0.1:80 -s rr  # refused: EEXIST\n",
    );
    tapvsProcess(["with", "--report", path("report"), "--json", "--", "sh", "-c", script]);
    const [first, second] = readFileSync(path("report"), "utf8").trim().split("\n");
    expect(JSON.parse(first ?? ""))
      .include({ v: 1, line: "-A -t 10.0.0.1:80 -s rr" })
      .and.not.property("error");
    expect(JSON.parse(second ?? "")).include({ error: "EEXIST" });
  });

  it("leaves other netlink alone", function () {
    needs(this, "ip");
    const plain = spawnSync("ip", ["-br", "address", "show", "lo"], { encoding: "utf8" }).stdout;
    expect(tapvsProcess(["with", "--", "ip", "-br", "address", "show", "lo"])).deep.equals({
      code: 0,
      out: plain,
      err: "",
    });
  });

  it("hands other families of generic netlink to the kernel", function () {
    needs(this, "python3");
    const run = (words: readonly string[]) => tapvsProcess(["with", "--", ...words]);
    const { code, out, err } = run(["python3", "-c", GENERIC]);
    expect({ code, err }).deep.equals({ code: 0, err: "" });
    expect(out).equals("nlctrl 16\nIPVS 1023\nno such family\n");
  });

  it("answers programs that read with the sender's address, and wait", function () {
    needs(this, "python3");
    const { out, err } = tapvsProcess(["with", "--", "python3", "-c", RECVFROM]);
    expect({ out, err }).deep.equals({ out: "(0, 0) True\n", err: "" });
  });

  it("answers threads that ask at once", function () {
    needs(this, "python3");
    const { out, err } = tapvsProcess(["with", "--", "python3", "-c", THREADS]);
    expect({ out, err }).deep.equals({ out: "800 answers\n", err: "" });
  });

  it("goes with strace, inside and outside", function () {
    needs(this, "ipvsadm", "strace");
    const strace = ["strace", "-f", "-e", "trace=socket", "-o", path("trace")];
    const plain = tapvsProcess(["with", "--", "ipvsadm", "-Ln"]);
    expect(plain).include({ code: 0, err: "" });
    const inside = tapvsProcess(["with", "--", ...strace, "ipvsadm", "-Ln"]);
    if (inside.err.includes("ptrace")) skip(this, "strace may not trace here");
    expect(inside).deep.equals(plain);
    expect(readFileSync(path("trace"), "utf8")).contains("AF_NETLINK");
    const [program = "", ...words] = [...strace, process.execPath, MAIN, "with", "--", "ipvsadm", "-Ln"];
    const outside = spawnSync(program, words, { encoding: "utf8", timeout: 60_000 });
    expect({ code: outside.status, out: outside.stdout, err: outside.stderr }).deep.equals(plain);
  });

  it("finds the files of /proc/net where they are asked for", function () {
    needs(this, "ipvsadm");
    const script = "ipvsadm -A -t 10.0.0.1:80 -s rr; ipvsadm -Lcn; cat /proc/net/ip_vs; cat /etc/hostname >/dev/null";
    const { code, out, err } = tapvsProcess(["with", "--proc", "--", "sh", "-c", script]);
    expect({ code, err }).deep.equals({ code: 0, err: "" });
    expect(out).contains("IPVS connection entries\npro expire state");
    expect(out).contains("TCP  0A000001:0050 rr");
  });

  it("finds them where it looks before it opens one, by each call that there is for it", () => {
    const script = [
      "test -r /proc/net/ip_vs && echo readable",
      // By statx(2), and by readlink(2) of each part.
      "stat -c '%A %U %n' /proc/self/net/ip_vs_stats; readlink -e /proc/self/net/ip_vs_conn | sed 's/[0-9][0-9]*/PID/'",
      "stat -c '%A %n' /proc/sys/net/ipv4/vs/sloppy_tcp",
      "ls -l /proc/net/ip_vs /proc/sys/net/ipv4/vs/sloppy_tcp | cut -d ' ' -f 1",
      "test -e /proc/net/ip_vs_nothing || echo none; stat -c %n /proc/self/net/dev",
    ];
    expect(tapvsProcess(["with", "--proc", "--", "sh", "-c", script.join("; ")])).deep.equals({
      code: 0,
      out: [
        "readable",
        "-r--r--r-- root /proc/self/net/ip_vs_stats",
        "/proc/PID/net/ip_vs_conn",
        "-rw-r--r-- /proc/sys/net/ipv4/vs/sloppy_tcp",
        "-r--r--r--",
        "-rw-r--r--",
        "none",
        "/proc/self/net/dev",
        "",
      ].join("\n"),
      err: "",
    });
  });

  it("finds them by a path that lies across two pages of memory", function () {
    needs(this, "python3");
    const script = [
      "import ctypes, mmap, os",
      "memory = mmap.mmap(-1, 8192)",
      "place = ctypes.addressof(ctypes.c_char.from_buffer(memory)) + 4090",
      'memory[4090:4106] = b"/proc/net/ip_vs\\0"',
      "print(os.read(ctypes.CDLL(None).open(ctypes.c_void_p(place), 0), 17).decode())",
    ];
    expect(tapvsProcess(["with", "--proc", "--", "python3", "-c", script.join("\n")])).deep.equals({
      code: 0,
      out: "IP Virtual Server\n",
      err: "",
    });
  });

  it("lets switches be read and written where they are asked for, and refuses what the kernel refuses", function () {
    needs(this, "sysctl");
    const folder = "/proc/sys/net/ipv4/vs";
    const script = [
      `cat ${folder}/sync_threshold`,
      // A shell writes under another number than it has opened.
      `echo 1 > ${folder}/sloppy_tcp; cat ${folder}/sloppy_tcp; test -w ${folder}/sloppy_tcp && echo there`,
      `echo 7 > ${folder}/drop_entry; cat ${folder}/drop_entry; test -e ${folder}/nothing || echo none`,
      "sysctl net.ipv4.vs.sloppy_tcp; sysctl -w net.ipv4.vs.drop_entry=2; sysctl -w net.ipv4.vs.drop_entry=9 || echo refused",
      `cat ${folder}/drop_entry; cat /proc/sys/net/ipv4/ip_default_ttl`,
    ];
    const { code, out, err } = tapvsProcess(["with", "--proc", "--", "sh", "-c", script.join("; ")]);
    expect(out.trim().split("\n")).deep.equals([
      "3\t50",
      ...["1", "there"],
      ...["0", "none"],
      ...["net.ipv4.vs.sloppy_tcp = 1", "net.ipv4.vs.drop_entry = 2", "refused"],
      ...["2", readFileSync("/proc/sys/net/ipv4/ip_default_ttl", "utf8").trim()],
    ]);
    const refusal = 'sysctl: setting key "net.ipv4.vs.drop_entry": Invalid argument';
    expect(err.trim().split("\n")).deep.equals([`tapvs with: ${refusal}`, refusal]);
    expect(code).equals(0);
  });

  it("starts nothing where no director runs, or the report cannot be written", () => {
    const started = path("started");
    expect(tapvsProcess(["with", "--socket", path("none.sock"), "--", "touch", started])).deep.equals({
      code: 3,
      out: "",
      err: `no director is running at ${path("none.sock")}: there is no such socket\n`,
    });
    expect(tapvsProcess(["with", "--report", path("none/report"), "--", "touch", started])).deep.equals({
      code: 2,
      out: "",
      err: `${path("none/report")}: no such file or directory\n`,
    });
    expect(existsSync(started)).equals(false);
  });
});

/** Asks nlctrl for the numbers of families. */
const GENERIC = `
import socket, struct
s = socket.socket(16, socket.SOCK_RAW, 16)
s.bind((0, 0))
def ask(name):
    value = name.encode() + b"\\0"
    attribute = struct.pack("HH", 4 + len(value), 2) + value + b"\\0" * (-len(value) % 4)
    s.send(struct.pack("IHHII", 20 + len(attribute), 16, 1, 7, 0) + bytes([3, 1, 0, 0]) + attribute)
    answer = s.recv(16384)
    if struct.unpack_from("H", answer, 4)[0] == 2: return "no such family"
    assert struct.unpack_from("I", answer, 12)[0] == s.getsockname()[0], "the port"
    at = 20
    while at < len(answer):
        length, kind = struct.unpack_from("HH", answer, at)
        if kind == 1: return name + " " + str(struct.unpack_from("H", answer, at + 4)[0])
        at += (length + 3) & ~3
for name in ("nlctrl", "IPVS", "nonesuch"): print(ask(name))
`;

/** Waits in recvfrom while another thread sends. */
const RECVFROM = `
import socket, struct, threading, time
s = socket.socket(16, socket.SOCK_RAW, 16)
def later():
    time.sleep(0.3)
    s.sendto(struct.pack("IHHII", 20, 1023, 1, 7, 0) + bytes([15, 1, 0, 0]), (0, 0))
threading.Thread(target=later).start()
answer, sender = s.recvfrom(16384)
print(sender, struct.unpack_from("H", answer, 4)[0] == 1023)
`;

/** Each thread its socket, and each answer for the request and the socket that it is for. */
const THREADS = `
import socket, struct, threading
answered = []
def work():
    s = socket.socket(16, socket.SOCK_RAW, 16)
    for i in range(100):
        s.sendto(struct.pack("IHHII", 20, 1023, 1, i, 0) + bytes([15, 1, 0, 0]), (0, 0))
        answer, sender = s.recvfrom(16384)
        assert struct.unpack_from("II", answer, 8) == (i, s.getsockname()[0]), answer
        answered.append(i)
threads = [threading.Thread(target=work) for _ in range(8)]
for thread in threads: thread.start()
for thread in threads: thread.join()
print(len(answered), "answers")
`;
