/** Whoever stops a debugger where a packet is sent reads its whole way there at a glance. */
import { expect } from "chai";
import { runIpvsadm } from "../../../src/core/control/interpreter.ts";
import { Director } from "../../../src/core/host/director.ts";
import { Frame } from "../../../src/core/wire/frame.ts";
import { CLIENT, DIRECTOR_MACS, labConfig, macOf, SERVER, VIP } from "../../support/lab.ts";
import { ethernet, tcp } from "../../support/packet.ts";

/** Functions between the frame's arrival and the link, both counted. */
function stackOf(error: Error): string[] {
  const lines = (error.stack ?? "").split("\n").slice(1);
  const arrival = lines.findIndex((line) => line.includes("Director.receive"));
  return lines.slice(0, arrival + 1).map((line) => line.trim());
}

describe("the walk", () => {
  it("is at most ten calls deep when a SYN leaves through NAT", () => {
    const limit = Error.stackTraceLimit;
    Error.stackTraceLimit = 50;
    let stack: string[] = [];
    const link = {
      send: (): void => {
        stack = stackOf(new Error("where from"));
      },
    };
    const director = new Director(labConfig({}), { link });
    for (const rule of [`-A -t ${VIP}:80`, `-a -t ${VIP}:80 -r ${SERVER} -m`]) {
      expect(runIpvsadm(rule.split(" "), { server: director.server }).code).to.equal(0);
    }
    const bytes = ethernet(DIRECTOR_MACS.eth0 ?? "", macOf(CLIENT), tcp(`${CLIENT}:40000 > ${VIP}:80`, "S"));
    const buffer = new Uint8Array(256);
    buffer.set(bytes, 128);
    director.receive(new Frame(buffer, 128, 128 + bytes.length), 0, 1);
    Error.stackTraceLimit = limit;
    expect(stack, stack.join("\n")).to.have.lengthOf.within(2, 10);
  });
});
