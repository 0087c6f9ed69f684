import { expect } from "chai";
import { DROP, kernelFunction, SENT } from "../../../src/core/trace/verdict.ts";
import { AF_INET, AF_INET6 } from "../../../src/core/wire/address.ts";

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
