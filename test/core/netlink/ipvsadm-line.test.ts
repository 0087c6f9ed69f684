/** What a program did, told as ipvsadm lines: of ipvsadm itself the words it was given. */
import { expect } from "chai";
import { runIpvsadm } from "../../../src/core/control/interpreter.ts";
import { answerDatagram } from "../../../src/core/netlink/answer.ts";
import { changesOf } from "../../../src/core/netlink/ipvsadm-line.ts";
import { bytesOf, newServer, RECORDED_FAMILY, runs } from "./recorded.ts";

const told = (id: string) =>
  (runs().find((run) => run.id === id)?.exchanges ?? []).flatMap(({ request, replies }) =>
    changesOf(bytesOf(request), replies.map(bytesOf), RECORDED_FAMILY),
  );

describe("changes as ipvsadm lines", () => {
  it("say what keepalived did", () => {
    expect(told("301").map(({ line }) => line)).deep.equals([
      "-A -t 10.5.0.100:80 -s wlc",
      "-a -t 10.5.0.100:80 -r 127.0.0.2:80 -g -w 1",
      "-C",
      "--start-daemon backup --mcast-interface vk0 --syncid 7 --sync-maxlen 1400 --mcast-group 224.0.0.82 --mcast-port 8849 --mcast-ttl 2",
      "--stop-daemon backup",
      "--start-daemon master --mcast-interface vk0 --syncid 7 --sync-maxlen 1400 --mcast-group 224.0.0.82 --mcast-port 8849 --mcast-ttl 2",
      "--stop-daemon master",
    ]);
  });

  it("say what was refused", () => {
    expect(told("004")).deep.equals([{ line: "-A -t 10.0.0.1:80 -s rr", errno: 17 }]);
    expect(told("048")).deep.equals([{ line: "-d -t 10.0.0.1:80 -r 10.1.0.99:80", errno: 2 }]);
  });

  it("make the same table again", () => {
    const [first, again] = [newServer(), newServer()];
    for (const run of runs().filter(({ id }) => id <= "049")) {
      for (const { request } of run.exchanges) {
        const replies = answerDatagram(bytesOf(request), { server: first, family: RECORDED_FAMILY });
        for (const { line, errno } of changesOf(bytesOf(request), replies, RECORDED_FAMILY)) {
          const { code, err } = runIpvsadm(line.split(" "), { server: again });
          expect(code === 0, `${line}: ${err}`).equals(errno === 0);
        }
      }
    }
    for (const words of [["-Sn"], ["-Ln", "--thresholds"], ["-Ln", "--tun-info"]]) {
      expect(runIpvsadm(words, { server: again }).out).equals(runIpvsadm(words, { server: first }).out);
    }
  });
});
