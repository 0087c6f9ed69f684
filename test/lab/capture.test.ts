import { expect } from "chai";
import { captureWords, chooseTool } from "../../src/lab/capture.ts";
import { LabError } from "../../src/lab/lab-error.ts";

const WHERE = { netns: "tvs-nat-director", devices: ["tvs-eth0", "tvs-eth1"], filter: ["port", "80"] };

describe("captures in a lab", () => {
  it("are written by dumpcap, all ports in one file", () => {
    expect(captureWords("dumpcap", { ...WHERE, file: "out.pcapng", count: 5 }).join(" ")).to.equal(
      "ip netns exec tvs-nat-director dumpcap -q -f port 80 -i tvs-eth0 -i tvs-eth1 -c 5 -w out.pcapng",
    );
  });

  it("are shown by tcpdump, one port", () => {
    expect(captureWords("tcpdump", WHERE).join(" ")).to.equal(
      "ip netns exec tvs-nat-director tcpdump -Z root -i tvs-eth0 -n -e -l port 80",
    );
    expect(captureWords("tcpdump", { ...WHERE, file: "-", filter: [] }).join(" ")).to.equal(
      "ip netns exec tvs-nat-director tcpdump -Z root -i tvs-eth0 -U -w -",
    );
  });

  it("use what is installed, and say what to install", () => {
    expect(chooseTool(true, () => true)).to.equal("dumpcap");
    expect(chooseTool(false, () => true)).to.equal("tcpdump");
    expect(chooseTool(true, (program) => program === "tcpdump")).to.equal("tcpdump");
    expect(() => chooseTool(false, (program) => program === "dumpcap")).to.throw(LabError, "write a file with -w");
    expect(() => chooseTool(true, () => false)).to.throw(LabError, "apt-get install");
  });
});
