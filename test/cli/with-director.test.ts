/** Programs of the kernel's IPVS, and the control socket behind which a director answers them. */
import type { Server } from "node:http";
import { expect } from "chai";
import { runIpvsadm } from "../../src/core/control/interpreter.ts";
import { procFile } from "../../src/core/control/proc.ts";
import type { VirtualServer } from "../../src/core/ipvs/virtual-server.ts";
import { answerDatagram } from "../../src/core/netlink/answer.ts";
import { askDirector } from "../../src/io/control/client.ts";
import { serveControl } from "../../src/io/control/server.ts";
import type { LiveDirector } from "../../src/io/live/live-director.ts";
import type { DirectorRequest } from "../../src/io/live/messages.ts";
import { controlRoutes } from "../../src/io/live/routes.ts";
import { tryFilter } from "../../src/io/with/run-with.ts";
import { newServer } from "../core/netlink/recorded.ts";
import { needs, skip } from "../support/machine.ts";
import { scratch } from "./scratch.ts";
import { runTapvs } from "./tapvs.ts";

/** The requests that these tests bring about, without devices. */
const directorOf = (server: VirtualServer): LiveDirector => {
  const ask = async (request: DirectorRequest): Promise<unknown> => {
    if (request.kind === "netlink") return answerDatagram(request.datagram, { server, capped: request.capped });
    if (request.kind === "proc") return request.names.map((name) => procFile(name, server));
    throw new Error(`nobody asks for ${request.kind} here`);
  };
  return { ask } as unknown as LiveDirector;
};

describe("a program of the kernel's on a control socket", () => {
  const path = scratch();
  const table = newServer();
  let socket: string;
  let control: Server;
  /** How often it was saved before the answer, or at the end, and how often a change might wait. */
  let changes = 0;
  let soon = 0;
  let unsaved: string | undefined;

  before(async () => {
    socket = path("director.sock");
    const facts = { name: "director", config: "", version: "", pid: 1, since: 0 };
    const changed = async (): Promise<string | undefined> => {
      changes++;
      return unsaved;
    };
    const none = {
      changedSoon: () => {
        soon++;
      },
      switched: async () => {},
      health: () => ({}),
      moreMetrics: () => "",
      reload: async () => [],
      handOver: async () => 0,
    };
    const routes = controlRoutes({ facts, director: directorOf(table), changed, ...none });
    control = await serveControl(socket, routes, (message) => expect.fail(message));
  });

  after(() => control.close());

  beforeEach(() => {
    table.flush();
    changes = 0;
    soon = 0;
    unsaved = undefined;
  });

  const runWith = (...words: readonly string[]) => runTapvs(["with", ...words], { TAPVS_SOCKET: socket });

  const needsWith = async (context: Mocha.Context): Promise<void> => {
    needs(context, "ipvsadm");
    const obstacle = await tryFilter();
    if (obstacle !== undefined) skip(context, obstacle);
  };

  it("takes and answers datagrams, and nothing else", async () => {
    const ask = (body: object) => askDirector(socket, "POST", "/v1/netlink", body);
    // nlmsghdr of type 1023 with REQUEST and ACK, genlmsghdr of GET_INFO.
    const info = Buffer.from("14000000ff03050001000000000000000f010000", "hex").toString("base64");
    const { status, text } = await ask({ datagram: info });
    const { v, datagrams } = JSON.parse(text) as { readonly v: number; readonly datagrams: readonly string[] };
    expect([status, v, datagrams.map((one) => Buffer.from(one, "base64").length)]).deep.equals([200, 1, [36, 36]]);
    for (const datagram of [undefined, 7, "no base64!", ["AAAA"]]) {
      expect((await ask({ datagram })).status, String(datagram)).equals(400);
    }
    expect((await ask({ datagram: Buffer.alloc(70_000).toString("base64") })).status).equals(413);
    expect(JSON.parse((await ask({ datagram: "" })).text)).deep.equals({ v: 1, datagrams: [] });
    expect(changes).equals(0);
  });

  it("changes the director's tables, and has them saved", async function () {
    await needsWith(this);
    const added = await runWith("--", "ipvsadm", "-A", "-t", "10.0.0.1:80", "-s", "rr");
    expect(added).deep.equals({ code: 0, out: "", err: "" });
    expect([soon, changes]).deep.equals([1, 1]);
    const listed = await runWith("--", "ipvsadm", "-Ln");
    expect(listed.out)
      .equals(runIpvsadm(["-Ln"], { server: table }).out)
      .and.contains("TCP  10.0.0.1:80 rr");
    expect([soon, changes]).deep.equals([1, 1]);
    const again = await runWith("--", "ipvsadm", "-A", "-t", "10.0.0.1:80", "-s", "rr");
    expect(again).deep.equals({ code: 255, out: "", err: "Service already exists\n" });
  });

  it("says that a change would not survive a crash", async function () {
    await needsWith(this);
    unsaved = "the disk is full";
    expect(await runWith("--", "ipvsadm", "-A", "-t", "10.0.0.1:80")).deep.equals({
      code: 0,
      out: "",
      err: "tapvs with: in force, but not saved: the disk is full\n",
    });
  });

  it("takes many rules in one go, and lists them", async function () {
    await needsWith(this);
    const rules = Array.from({ length: 300 }, (_, index) => `-A -u 10.0.0.1:${2000 + index} -s rr`);
    const script = `printf '%s\\n' ${rules.map((rule) => `'${rule}'`).join(" ")} | ipvsadm -R; ipvsadm -Sn`;
    const { code, out, err } = await runWith("--", "sh", "-c", script);
    expect({ code, err }).deep.equals({ code: 0, err: "" });
    expect(out.trim().split("\n")).deep.equals(rules);
    expect(soon).equals(300);
    expect(changes, "saved once, before it ends").equals(1);
  });

  it("finds the director's files of /proc/net", async function () {
    await needsWith(this);
    runIpvsadm(["-A", "-t", "10.0.0.1:80"], { server: table });
    const { out } = await runWith("--proc", "--", "cat", "/proc/net/ip_vs");
    expect(out).equals(procFile("ip_vs", table));
    expect((await runWith("--proc", "--", "cat", "/proc/net/ip_vs_none")).code).equals(1);
  });
});
