import { expect } from "chai";
import { readService } from "../../src/lab/live-service.ts";
import { curlWords, isServed, readCurl } from "../../src/lab/requests.ts";

describe("requests by curl", () => {
  it("are one command with a connection for each request", () => {
    expect(
      curlWords({
        netns: "tvs-nat-client",
        url: "http://10.1.0.100/",
        count: 200,
        from: "10.0.0.11",
        perSecond: 100,
      }).join(" "),
    ).to.equal(
      "ip netns exec tvs-nat-client curl --silent --show-error --max-time 2 --header Connection: close " +
        "--interface 10.0.0.11 --rate 100/s --write-out %{json}\\n http://10.1.0.100/?[1-200]",
    );
  });

  it("are read from answers and curl's own reports", () => {
    const output = [
      `{"server":"rs1","address":"10.2.0.11:80","peer":"10.0.0.10:41200"}`,
      `{"errormsg":null,"exitcode":0,"http_code":200,"time_total":0.0016}`,
      `{"errormsg":"Connection timed out after 2001 milliseconds","exitcode":28,"http_code":0,"time_total":2.001}`,
      "<html>another web server</html>",
      `{"errormsg":null,"exitcode":0,"http_code":503,"time_total":0.002}`,
      "",
    ].join("\n");
    const results = readCurl(output);
    expect(results).to.deep.equal([
      { status: 200, seconds: 0.0016, server: "rs1", peer: "10.0.0.10" },
      { status: 0, seconds: 2.001, error: "Connection timed out" },
      { status: 503, seconds: 0.002 },
    ]);
    expect(results.map(isServed)).to.deep.equal([true, false, false]);
  });
});

describe("the service that a director has", () => {
  const rules = `-A -t 10.1.0.100:80 -s wrr -p 60
-a -t 10.1.0.100:80 -r 10.2.0.11:80 -m -w 3
-a -t 10.1.0.100:80 -r 10.2.0.12:80 -m -w 0
-A -t 10.1.0.100:443 -s rr
-a -t 10.1.0.100:443 -r 10.2.0.13:443 -m -w 1
`;

  it("is read from ipvsadm -S", () => {
    const service = readService(rules, "10.1.0.100:80");
    expect(service).to.deep.include({ scheduler: "wrr", persistent: true });
    expect([...(service?.weights ?? [])]).to.deep.equal([
      ["10.2.0.11", 3],
      ["10.2.0.12", 0],
    ]);
    expect(readService(rules, "10.1.0.100:443")?.persistent).to.equal(false);
  });

  it("may not be there", () => {
    expect(readService(rules, "10.1.0.101:80")).to.equal(undefined);
  });
});
