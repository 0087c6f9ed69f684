/** Which modules a recording was made with, by what its lines show. */
import { expect } from "chai";
import { modulesShown } from "../../../src/core/capture/modules-shown.ts";
import type { TranscriptEvent } from "../../../src/core/capture/transcript.ts";
import { moduleText } from "../../../src/core/ipvs/modules.ts";
import { ethernet, type Packet, tcp } from "../../support/packet.ts";

const command = (args: string, out = "", err = ""): TranscriptEvent => ({
  do: "ipvsadm",
  t: 0,
  args,
  code: err === "" ? 0 : 255,
  out,
  err,
});
const shown = (...events: TranscriptEvent[]): string[] | undefined => modulesShown(events)?.map(moduleText);

describe("the modules that a recording shows", () => {
  it("are none where nothing shows any", () => {
    expect(
      shown(command("-A -t 10.1.0.100:21 -s rr"), { do: "proc", t: 0, name: "ip_vs_app", out: "prot port\n" }),
    ).to.equal(undefined);
  });

  it("are the helpers of ip_vs_app, on its ports", () => {
    const out =
      "prot port    usecnt name\nTCP  2121    0      ftp              \nTCP  21      1      ftp              \n";
    expect(shown({ do: "proc", t: 0, name: "ip_vs_app", out })).to.deep.equal(["ip_vs_ftp ports=21,2121"]);
  });

  it("are FTP where a connection listens, or comes from the data port", () => {
    for (const row of [
      "TCP 01:59  LISTEN      10.1.0.1:0         10.1.0.100:50000   10.2.0.2:50000",
      "TCP 14:57  ESTABLISHED 10.1.0.1:51210     10.1.0.100:20      10.2.0.2:20",
    ]) {
      expect(shown(command("-Lnc", `IPVS connection entries\n${row}\n`))).to.deep.equal(["ip_vs_ftp"]);
    }
  });

  it("are none where a client itself connected to the data port", () => {
    const arrives = (packet: Packet): TranscriptEvent => ({
      do: "rx",
      t: 0,
      dev: "eth0",
      frame: ethernet("02:00:00:00:01:64", "02:00:00:00:01:01", packet),
    });
    for (const [client, virtual, server] of [
      ["10.1.0.1", "10.1.0.100", "10.2.0.2"],
      ["[fd00:1::1]", "[fd00:1::100]", "[fd00:2::2]"],
    ]) {
      const row = `TCP 14:57  ESTABLISHED ${client}:51210     ${virtual}:20      ${server}:20`;
      const listed = command("-Lnc", `IPVS connection entries\n${row}\n`);
      const own = arrives(tcp(`${client}:51210 > ${virtual}:20`, "S"));
      const answer = arrives(tcp(`${server}:20 > ${client}:51210`, "S"));
      expect(shown(own, answer, listed)).to.equal(undefined);
      expect(shown(answer, own, listed)).to.deep.equal(["ip_vs_ftp"]);
      expect(shown(arrives(tcp(`${client}:51211 > ${virtual}:20`, "S")), listed)).to.deep.equal(["ip_vs_ftp"]);
    }
  });

  it("are an engine's that was accepted, and not one's that was refused", () => {
    expect(shown(command("-A -u 10.1.0.100:5060 -s rr -p 60 --pe sip"))).to.deep.equal(["ip_vs_pe_sip"]);
    const refusal = "Scheduler or persistence engine not found\n";
    expect(shown(command("-A -u 10.1.0.100:5060 -s rr -p 60 --pe sip", "", refusal))).to.deep.equal([]);
  });
});
