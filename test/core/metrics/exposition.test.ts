import { expect } from "chai";
import { runRules } from "../../../src/core/control/restore.ts";
import { VirtualServer } from "../../../src/core/ipvs/virtual-server.ts";
import { directorMetrics } from "../../../src/core/metrics/director-metrics.ts";
import { expositionText } from "../../../src/core/metrics/exposition.ts";

describe("the exposition format", () => {
  it("has help, type and samples, labels in alphabetical order, and escapes what would break a line", () => {
    const text = expositionText([
      {
        name: "a_total",
        type: "counter",
        help: "One\\two\nthree.",
        samples: [{ labels: { z: 'quote " slash \\ line\n', a: "1" }, value: 2 ** 53 }],
      },
      { name: "nothing", type: "gauge", help: "Left out.", samples: [] },
      {
        name: "b",
        type: "gauge",
        help: "B.",
        samples: [{ value: 0.5 }, { labels: { x: "" }, value: Number.POSITIVE_INFINITY }],
      },
    ]);
    expect(text).equals(
      [
        "# HELP a_total One\\\\two\\nthree.",
        "# TYPE a_total counter",
        'a_total{a="1",z="quote \\" slash \\\\ line\\n"} 9007199254740992',
        "# HELP b B.",
        "# TYPE b gauge",
        "b 0.5",
        'b{x=""} +Inf',
        "",
      ].join("\n"),
    );
  });
});

const host = { isUnicastOrLocal: () => true, hasInterface: () => true };
const FIGURES = { ports: [], connections: 0, verdicts: {}, ha: [] };

describe("metrics of the virtual server", () => {
  it("name services and servers as node_exporter does, by address, by IPv6 address and by mark", () => {
    const server = new VirtualServer({ host });
    const rules = [
      "-A -t 192.168.0.22:3306 -s wlc",
      "-a -t 192.168.0.22:3306 -r 192.168.82.22:3306 -i -w 100",
      "-A -u [2620::1]:80 -s rr",
      "-a -u [2620::1]:80 -r [2620::8]:80 -g -w 0",
      "-A -f 268439552 -s wlc",
      "-a -f 268439552 -r 192.168.50.26:3306 -g -w 20",
    ];
    expect(runRules(rules.join("\n"), { server }).err).equals("");
    const lines = directorMetrics(server, FIGURES).split("\n");
    const weights = lines.filter((line) => line.startsWith("node_ipvs_backend_weight"));
    expect(weights.toSorted()).deep.equals([
      'node_ipvs_backend_weight{local_address="",local_mark="10001000",local_port="0",proto="FWM",remote_address="192.168.50.26",remote_port="3306"} 20',
      'node_ipvs_backend_weight{local_address="192.168.0.22",local_mark="",local_port="3306",proto="TCP",remote_address="192.168.82.22",remote_port="3306"} 100',
      'node_ipvs_backend_weight{local_address="2620::1",local_mark="",local_port="80",proto="UDP",remote_address="2620::8",remote_port="80"} 0',
    ]);
  });

  it("count what was sampled last, as listings do", () => {
    const server = new VirtualServer({ host });
    server.totals.countConnection();
    server.totals.countIn(1500);
    server.totals.countOut(40);
    expect(directorMetrics(server, FIGURES)).contains("node_ipvs_incoming_bytes_total 0\n");
    server.totals.sample();
    const text = directorMetrics(server, FIGURES);
    for (const line of [
      "node_ipvs_connections_total 1",
      "node_ipvs_incoming_packets_total 1",
      "node_ipvs_outgoing_packets_total 1",
      "node_ipvs_incoming_bytes_total 1500",
      "node_ipvs_outgoing_bytes_total 40",
    ]) {
      expect(text).contains(`\n${line}\n`);
    }
  });

  it("have help texts word for word as node_exporter's", () => {
    const text = directorMetrics(new VirtualServer({ host }), FIGURES);
    expect(text).contains(
      "# HELP node_ipvs_connections_total The total number of connections made.\n# TYPE node_ipvs_connections_total counter\n",
    );
    expect(text).contains("# HELP node_ipvs_incoming_bytes_total The total amount of incoming data.\n");
  });
});
