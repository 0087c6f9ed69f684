import { expect } from "chai";
import type { LiveStatus } from "../../../src/web/page/live/listing.ts";
import { LiveTab } from "../../../src/web/page/live/live-tab.ts";
import { LENGTH, Rates } from "../../../src/web/page/live/rates.ts";
import { liveTab } from "../../../src/web/page/view/live.ts";

const status = (received: number, dropped = 0): LiveStatus => ({
  name: "a",
  version: "1",
  since: 0,
  connections: 7,
  ports: [
    { name: "eth0", received, sent: 0, receivedBytes: received * 1000, sentBytes: 0 },
    { name: "eth1", received: 0, sent: received, receivedBytes: 0, sentBytes: received * 1000 },
  ],
  verdicts: { sent: received, "no-route": dropped, parked: 3 },
});

describe("rates over time", () => {
  it("are differences by the time between", () => {
    const rates = new Rates();
    rates.add(status(100), 1000);
    rates.add(status(300, 4), 3000);
    expect(rates.series["packets in"]).deep.equals([100]);
    expect(rates.series["packets out"]).deep.equals([100]);
    expect(rates.series["Mbit/s in"].map((value) => value.toFixed(3))).deep.equals(["0.800"]);
    expect(rates.series.dropped).deep.equals([2]);
    expect(rates.series.connections).deep.equals([7]);
  });

  it("know nothing of a director that began anew, and keep so many seconds", () => {
    const rates = new Rates();
    rates.add(status(1000), 0);
    rates.add(status(10), 1000);
    expect(rates.series["packets in"]).deep.equals([0]);
    for (let second = 2; second < 300; second++) rates.add(status(second), second * 1000);
    expect(rates.series["packets in"]).have.length(LENGTH);
  });
});

describe("the live tab", () => {
  it("shows what the director says, and lets none of it become markup", () => {
    const tab = new LiveTab("<v>");
    tab.status = { ...status(1), verdicts: { "<i>": 1 } };
    const counters = { connections: 1, inPackets: 2, outPackets: 3, inBytes: 4, outBytes: 5 };
    const destination = {
      address: "10.2.0.2",
      port: 80,
      forwarding: "Masq",
      weight: 0,
      activeConnections: 1,
      inactiveConnections: 2,
      overloaded: false,
    };
    const destinations = [{ ...destination, statistics: counters, rates: counters }];
    tab.services = [
      {
        protocol: "TCP",
        address: "10.1.0.1",
        port: 80,
        scheduler: "rr",
        statistics: counters,
        rates: counters,
        destinations,
      },
    ];
    tab.tell({ time: 0, port: "eth0", verdict: "sent", packet: "<s>", outcome: "o", steps: ["<u>"] });
    const { text } = liveTab(tab);
    for (const letter of "visu") {
      expect(text).includes(`&lt;${letter}&gt;`);
      expect(text).not.includes(`<${letter}>`);
    }
    expect(text).includes("10.2.0.2:80").and.includes("TCP 10.1.0.1:80").and.includes('class="quiesced"');
  });

  it("keeps the newest explained packets", () => {
    const tab = new LiveTab("a");
    for (let time = 0; time < 500; time++)
      tab.tell({ time, port: "eth0", verdict: "sent", packet: "", outcome: "", steps: [] });
    expect(tab.explained).have.length(200);
    expect(tab.explained[0]?.time).equals(499);
  });
});
