/** An upload through the lab's own end of an IPIP tunnel. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { expect } from "chai";
import { ipvsadmOrFail } from "../../../src/lab/director-control.ts";
import { execute } from "../../../src/lab/execute.ts";
import { namespaceOf } from "../../../src/lab/names.ts";
import { labOptions } from "../options.ts";
import { testName, withLab } from "./lab.ts";
import { describeLab } from "./machine.ts";

const MEBIBYTE = 1 << 20;
const UPLOAD = 16 * MEBIBYTE;
const PORT = 5001;
/** Of 11 700 segments: some 200 on a busy machine, 2300 to 3800 where the raw socket has the buffer that the kernel gives it. */
const MOST_RETRANSMITTED = 1200;

/** Answers each upload with its length, and says when it listens. */
const SINK = `require("node:net").createServer({ allowHalfOpen: true }, (socket) => {
  let length = 0;
  socket.on("data", (piece) => { length += piece.length; }).on("end", () => socket.end(String(length)));
}).listen(${PORT}, () => console.log("listening"))`;

const SOURCE = (address: string): string => `const socket = require("node:net").connect(${PORT}, "${address}");
socket.on("data", (text) => process.stdout.write(text));
socket.end(Buffer.alloc(${UPLOAD}));`;

describeLab("an upload through a tunnel that the lab itself takes apart", () => {
  it("arrives whole, and little of it is sent twice", () =>
    withLab(labOptions("tun", { name: testName("up"), ipip: "own" }), async ({ lab, socket }) => {
      const within = (host: string): string[] => ["netns", "exec", namespaceOf(lab.name, host)];
      const { address, servers } = lab.service;
      const sink: ChildProcess = spawn("ip", [...within("rs1"), process.execPath, "-e", SINK]);
      try {
        if (sink.stdout !== null) await once(sink.stdout, "data");
        await ipvsadmOrFail(socket, `-A -t ${address}:${PORT} -s rr`);
        await ipvsadmOrFail(socket, `-a -t ${address}:${PORT} -r ${servers[0]?.address}:${PORT} -i`);
        const sent = await execute(["ip", ...within("client"), process.execPath, "-e", SOURCE(address)]);
        expect(sent.out, sent.err).to.equal(`${UPLOAD}`);
        const { out } = await execute(["ip", ...within("client"), "cat", "/proc/net/snmp"]);
        const [names = [], values = []] = (out.match(/^Tcp: .*$/gm) ?? []).map((line) => line.split(" "));
        expect(Number(values[names.indexOf("RetransSegs")])).to.be.below(MOST_RETRANSMITTED);
      } finally {
        sink.kill();
      }
    }));
});
