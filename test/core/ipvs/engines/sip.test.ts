/** `--pe sip`: calls find their server by Call-ID, from either side. */
import { expect } from "chai";
import { ends, expectFrame } from "tapvs/testing";
import { connectionEntries } from "../../../../src/core/control/connection-entry.ts";
import { procFile } from "../../../../src/core/control/proc.ts";
import { audit } from "../../../support/audit.ts";
import { CLIENT, CLIENT2, type Lab, lab, SERVER, SERVER2, VIP } from "../../../support/lab.ts";
import { udp } from "../../../support/packet.ts";

const message = (id: string): string => `INVITE sip:a@b SIP/2.0\r\nCall-ID: ${id}\r\n`;

function proxy(options: { readonly more?: string; readonly modules?: readonly string[] } = {}): Lab {
  const rules = [`-A -u ${VIP}:5060 -s rr -p 60 --pe sip${options.more ?? ""}`];
  for (const server of [SERVER, SERVER2]) rules.push(`-a -u ${VIP}:5060 -r ${server} -m`);
  return lab(rules, options.modules === undefined ? {} : { modules: options.modules });
}

/** The server that a client's message reaches. */
function call(made: Lab, id: string, port: number, client = CLIENT): string {
  const [sent] = made.receive(udp(`${client}:${port} > ${VIP}:5060`, { data: message(id) })).sent;
  return sent?.destination ?? "nobody";
}

describe("--pe sip", () => {
  it("sends one call to one server, whatever the port, and others in turn", () => {
    const made = proxy();
    const first = call(made, "a@h", 5060);
    expect(call(made, "b@h", 5061)).not.to.equal(first);
    for (const port of [5062, 5063, 5064]) expect(call(made, "a@h", port)).to.equal(first);
    audit(made.director.server);
  });

  it("keeps the client in the template's name", () => {
    const made = proxy();
    const servers = [CLIENT, CLIENT2].map((client) => call(made, "a@h", 5060, client));
    expect(new Set(servers)).to.have.length(2);
  });

  it("shows the Call-ID in -Lnc --persistent-conn and /proc/net/ip_vs_conn", () => {
    const made = proxy();
    call(made, "a@h", 5060);
    expect(made.ipvsadm("-Lnc --persistent-conn")).to.match(/:5060 +sip {16}a@h$/m);
    expect(made.ipvsadm("-Lnc")).not.to.include("sip");
    expect(procFile("ip_vs_conn", made.director.server)).to.match(/^UDP .* 13C4 NONE +\d+ sip a@h$/m);
    const [engine] = connectionEntries(made.connections).flatMap((entry) => entry.engine ?? []);
    expect(engine).to.deep.equal({ name: "sip", data: "a@h" });
  });

  it("opens a connection for a server that calls first, and holds on to that server", () => {
    const made = proxy();
    const [sent] = made.receive(udp(`${SERVER2}:5060 > ${CLIENT}:5070`, { data: message("in@h") })).sent;
    expectFrame(sent, ends(`${VIP}:5060 > ${CLIENT}:5070`));
    expect(call(made, "in@h", 5099)).to.equal(SERVER2);
    expectFrame(
      made.receive(udp(`${SERVER2}:5060 > ${CLIENT}:5071`, { data: "no call" })).sent[0],
      ends(`${SERVER2}:5060 > ${CLIENT}:5071`),
    );
    audit(made.director.server);
  });

  it("names templates with one-packet scheduling, too", () => {
    const made = proxy({ more: " -o" });
    const first = call(made, "a@h", 5060);
    expect(call(made, "a@h", 5061)).to.equal(first);
    expect(made.listing()).to.deep.equal([`UDP NONE ${CLIENT}:0 ${VIP}:5060 ${first}:5060`]);
  });

  it("is refused where the modules are named and it is not among them", () => {
    expect(() => proxy({ modules: ["ip_vs_ftp"] })).to.throw("persistence engine not found");
    expect(call(proxy({ modules: ["ip_vs_pe_sip"] }), "a@h", 5060)).not.to.equal("nobody");
  });
});
