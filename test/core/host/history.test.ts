import { expect } from "chai";
import { History } from "../../../src/core/host/history.ts";
import { ChangeLog } from "../../../src/core/ipvs/change-log.ts";
import type { ConnectionView } from "../../../src/core/trace/events.ts";
import { ipv4 } from "../../../src/core/wire/address.ts";
import { storyDirector } from "../../support/story.ts";

const SERVICE = ["ipvsadm -A -t 12.11.0.101:80 -s rr", "ipvsadm -a -t 12.11.0.101:80 -r 172.16.1.2 -m"];
const SYN = "1 eth0 tcp 12.11.0.10:40000 > 12.11.0.101:80 S";
const LATER = "200 eth0 tcp 12.11.0.11:1 > 12.11.0.101:80 S";

const connection = (clientPort: number): ConnectionView => ({
  protocol: 6,
  clientAddress: ipv4(1),
  clientPort: clientPort % 65536,
  virtualAddress: ipv4(2 + Math.floor(clientPort / 65536)),
  virtualPort: 80,
  destinationAddress: ipv4(3),
  destinationPort: 80,
  localAddress: undefined,
  localPort: 0,
  state: "ESTABLISHED",
  secondsLeft: 0,
  template: false,
});

describe("what a director remembers", () => {
  it("is each connection that expired, with when and after what time", () => {
    const { history } = storyDirector([...SERVICE, SYN, LATER]).tracing;
    const [past] = history?.list() ?? [];
    expect(past?.connection).include({ clientPort: 40000, state: "SYN_RECV" });
    expect(past).include({ timeout: 60, early: false });
    expect(past?.at).within(61, 70);
  });

  it("is that it went before its time, if it did", () => {
    const lines = [
      "sysctl net.ipv4.vs.expire_nodest_conn 1",
      ...SERVICE,
      SYN,
      "ipvsadm -d -t 12.11.0.101:80 -r 172.16.1.2",
    ];
    expect(storyDirector([...lines, LATER]).tracing.history?.list()[0]).include({ early: true });
  });

  it("is no one-packet connection, and none that was never made", () => {
    const datagram = ["ipvsadm -A -u 12.11.0.101:53 -s rr -o", "ipvsadm -a -u 12.11.0.101:53 -r 172.16.1.2 -m"];
    expect(
      storyDirector([...datagram, "1 eth0 udp 12.11.0.10:1 > 12.11.0.101:53"]).tracing.history?.list(),
    ).deep.equals([]);
    const fullnat = ["ipvsadm -A -t 12.11.0.101:80 -s rr", "ipvsadm -a -t 12.11.0.101:80 -r 172.16.1.2 -b"];
    expect(storyDirector([...fullnat, SYN]).tracing.history?.list()).deep.equals([]);
  });

  it("is no more than some thousand connections, the last of them", () => {
    const history = new History(storyDirector([]).path);
    for (let port = 0; port < 10_000; port++)
      history.note({ connection: connection(port), at: port, timeout: 1, early: false });
    const kept = history.list();
    expect(kept.length).equals(4096);
    expect(kept.at(-1)?.at).equals(9999);
    expect(kept[0]?.at).equals(10_000 - 4096);
  });

  it("is no more than some hundred changes, the last of them", () => {
    const changes = new ChangeLog();
    const [service] = storyDirector(SERVICE).server.services.list();
    if (service === undefined) throw new Error("no service");
    for (let seconds = 0; seconds < 2000; seconds++)
      changes.noteService("service edited", service, seconds * 1_000_000);
    expect(changes.list().length).equals(512);
    expect(changes.last(() => true)?.seconds).equals(1999);
  });

  it("begins when somebody listens, and is gone when it is told to forget", () => {
    const director = storyDirector([...SERVICE, SYN]);
    expect(director.tracing.history).not.equals(undefined);
    director.trace = undefined;
    director.tracing.forget();
    expect([director.tracing.history, director.server.connections.expired]).deep.equals([undefined, undefined]);
  });
});
