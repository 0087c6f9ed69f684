// The web service: who gets a connection, and what becomes of it when a server is taken out.
import { beforeEach, test } from "node:test";
import { readFileSync } from "node:fs";
import { createDirector } from "tapvs";
import { tcp } from "tapvs/packet";
import { expectSent, expectVerdict } from "tapvs/testing";

const yaml = readFileSync(new URL("../load-balancer.yaml", import.meta.url), "utf8");
let director;

beforeEach(() => {
  director = createDirector(yaml);
});

const syn = (port) => tcp(`192.0.2.7:${port} > 203.0.113.100:80`, "S");

test("servers take turns", () => {
  const servers = [1, 2, 3].map((port) => expectSent(director.receive("eth0", syn(port))).on("eth1").checksumsRight());
  servers[0].to("10.2.0.3:8080");
  servers[1].to("10.2.0.2:8080");
  servers[2].to("10.2.0.3:8080");
});

test("a server that is quiesced keeps its connections and gets no new ones", () => {
  expectSent(director.receive("eth0", syn(1))).to("10.2.0.3:8080");
  director.ipvsadm("-e -t 203.0.113.100:80 -r 10.2.0.3:8080 -m -w 0");
  expectSent(director.receive("eth0", tcp("192.0.2.7:1 > 203.0.113.100:80", "."))).to("10.2.0.3:8080");
  for (const port of [2, 3, 4]) expectSent(director.receive("eth0", syn(port))).to("10.2.0.2:8080");
});

test("without servers nobody is served", () => {
  for (const server of ["10.2.0.2:8080", "10.2.0.3:8080"]) director.ipvsadm(`-d -t 203.0.113.100:80 -r ${server}`);
  expectVerdict(director.receive("eth0", syn(1)), "no-destination");
});
