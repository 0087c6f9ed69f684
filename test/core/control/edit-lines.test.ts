import { expect } from "chai";
import { deleteLine, persistenceLine, weightLine } from "../../../src/core/control/edit-lines.ts";
import { buildTopology } from "../../../src/core/simulator/topologies.ts";

describe("lines that edit what is there", () => {
  const { director } = buildTopology("tun", { scheduler: "wrr" });
  const service = () => {
    const [first] = director.stack.server.services.list();
    if (first === undefined) throw new Error("a director without a service");
    return first;
  };
  const destination = () => {
    const found = service().destinations.find(({ weight }) => weight !== 7);
    if (found === undefined) throw new Error("a service without a real server");
    return found;
  };

  it("give a real server another weight, and leave it its method and thresholds", () => {
    director.ipvsadm("-e -t 12.11.0.101:80 -r 172.16.1.2:80 -i -w 3 -x 10 -y 5");
    const line = weightLine(destination(), 7);
    expect(director.ipvsadm(line)).equals("");
    expect(director.ipvsadm("-Ln")).includes("Tunnel  7");
    expect(line).includes("-i -w 7").and.includes("-x").and.includes("-y");
  });

  it("delete one, and make the service persistent and not", () => {
    expect(director.ipvsadm(deleteLine(destination()))).equals("");
    expect(service().destinations).have.length(1);
    expect(director.ipvsadm(persistenceLine(service(), 60))).equals("");
    expect(service().persistent).equals(true);
    expect(director.ipvsadm(persistenceLine(service(), 0))).equals("");
    expect(service().persistent).equals(false);
  });
});
