import { expect } from "chai";
import { ACCEPT, DROP, SENT, VERDICTS, verdictEvent, verdictName } from "../../../src/core/trace/verdict.ts";
import { AF_INET, AF_INET6 } from "../../../src/core/wire/address.ts";

const kernelFunction = (verdict: number, family: typeof AF_INET | typeof AF_INET6): string =>
  verdictEvent(verdict, family).kernel;

describe("The kernel function of a drop", () => {
  it("is that of the packet's family", () => {
    expect(kernelFunction(DROP.noRoute, AF_INET)).equals("net/ipv4/route.c: ip_error");
    expect(kernelFunction(DROP.noRoute, AF_INET6)).equals("net/ipv6/route.c: ip6_pkt_discard");
    expect(kernelFunction(DROP.hostSilent, AF_INET6)).equals("net/ipv6/ip6_input.c: ip6_protocol_deliver_rcu");
  });

  it("is the same for both where IPv6 has none of its own, and none for other ends", () => {
    expect(kernelFunction(DROP.parkingFull, AF_INET6)).equals(kernelFunction(DROP.parkingFull, AF_INET));
    expect(kernelFunction(SENT, AF_INET6)).equals("");
  });
});

describe("The event of an end", () => {
  it("has the verdict's name, of every verdict and of a packet that IPVS leaves to the host", () => {
    for (const family of [AF_INET, AF_INET6] as const)
      for (let verdict = ACCEPT; verdict < VERDICTS; verdict++)
        expect(verdictEvent(verdict, family)).includes({ kind: "verdict", verdict: verdictName(verdict) });
  });

  it("of a frame whose family is not known is as of IPv4", () => {
    expect(verdictEvent(DROP.noRoute, 0)).deep.equals(verdictEvent(DROP.noRoute, AF_INET));
  });
});
