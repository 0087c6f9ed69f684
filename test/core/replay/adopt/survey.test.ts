import { expect } from "chai";
import { DatagramReader, endpointKey } from "../../../../src/core/replay/adopt/datagram.ts";
import { Survey } from "../../../../src/core/replay/adopt/survey.ts";
import { type Packet, tcp, udp } from "../../../support/packet.ts";

const ENDS = "198.51.100.1:40000 > 203.0.113.7:80";

describe("what a capture shows", () => {
  const add = (survey: Survey, datagram: ReturnType<DatagramReader["read"]>): void => {
    if (typeof datagram === "string") throw new Error(datagram);
    survey.add(datagram);
  };
  const surveyOf = (...packets: readonly Packet[]): Survey => {
    const survey = new Survey();
    const reader = new DatagramReader();
    for (const packet of packets) add(survey, reader.read(packet.bytes));
    survey.settle();
    return survey;
  };
  const found = (survey: Survey): string[] => survey.services().map(({ server }) => endpointKey(server));

  it("is who answers, though a SYN comes from the lower port", () => {
    expect(
      found(surveyOf(tcp("192.0.2.1:79 > 192.0.2.2:8080", "S"), tcp("192.0.2.2:8080 > 192.0.2.1:79", "S."))),
    ).deep.equals(["192.0.2.2 8080"]);
  });

  it("is that whoever sends UDP that nobody answers is a client", () => {
    expect(found(surveyOf(udp("192.0.2.1:4000 > 192.0.2.2:40000", {})))).deep.equals(["192.0.2.2 40000"]);
  });

  it("is that UDP from a system port is a reply, though its request is missing", () => {
    const survey = surveyOf(udp("192.0.2.1:161 > 192.0.2.2:40000", {}));
    expect(survey.services().map(({ server, begun }) => [endpointKey(server), begun])).deep.equals([
      ["192.0.2.1 161", 1],
    ]);
  });

  it("is whom most talk to, where no handshake tells, whatever the ports are", () => {
    const [one, other, server] = ["192.0.2.1:1030", "192.0.2.2:40000", "192.0.2.9:50051"];
    const packets = [tcp(`${server} > ${one}`, "."), tcp(`${other} > ${server}`, ".")];
    expect(found(surveyOf(...packets))).deep.equals(["192.0.2.9 50051"]);
    expect(
      found(surveyOf(udp(`${one} > ${server}`, {}), udp(`${server} > ${one}`, {}), udp(`${other} > ${server}`, {}))),
    ).deep.equals(["192.0.2.9 50051"]);
  });

  it("is the client of a system port, though it talks to many", () => {
    const packets = ["192.0.2.7", "192.0.2.8"].flatMap((server) => [
      udp(`192.0.2.1:40000 > ${server}:53`, {}),
      udp(`${server}:53 > 192.0.2.1:40000`, {}),
    ]);
    expect(found(surveyOf(...packets)).toSorted()).deep.equals(["192.0.2.7 53", "192.0.2.8 53"]);
  });

  it("is, of two ports of UDP that say nothing, the one that was sent something first", () => {
    const [client, server] = ["192.0.2.1:41000", "192.0.2.2:51820"];
    expect(found(surveyOf(udp(`${client} > ${server}`, {}), udp(`${server} > ${client}`, {})))).deep.equals([
      "192.0.2.2 51820",
    ]);
    expect(
      found(surveyOf(udp("192.0.2.1:2000 > 192.0.2.2:51820", {}), udp("192.0.2.2:51820 > 192.0.2.1:2000", {}))),
    ).deep.equals(["192.0.2.1 2000"]);
  });

  it("puts a service whose answers go another way before one that refuses", () => {
    const survey = surveyOf(
      tcp("192.0.2.1:40000 > 192.0.2.2:81", "S"),
      tcp("192.0.2.2:81 > 192.0.2.1:40000", "R."),
      tcp("192.0.2.1:40001 > 192.0.2.2:80", "S"),
      tcp("192.0.2.1:40002 > 192.0.2.2:80", "S"),
    );
    expect(found(survey)).deep.equals(["192.0.2.2 80", "192.0.2.2 81"]);
  });

  it("is who is named, where no handshake tells", () => {
    const survey = new Survey();
    add(survey, new DatagramReader().read(tcp("192.0.2.9:50051 > 192.0.2.1:1030", ".").bytes));
    survey.settle("192.0.2.9");
    expect(found(survey)).deep.equals(["192.0.2.9 50051"]);
  });

  it("puts a service that can be balanced before one that cannot: port 20 and resets begin nothing", () => {
    const survey = surveyOf(
      tcp("192.0.2.1:20 > 192.0.2.2:1024", "S"),
      tcp("192.0.2.1:40000 > 192.0.2.3:9", "R"),
      tcp("192.0.2.1:40000 > 192.0.2.4:80", "S"),
    );
    expect(survey.services().map(({ server, begun }) => [endpointKey(server), begun])).deep.equals([
      ["192.0.2.4 80", 1],
      ["192.0.2.2 1024", 0],
      ["192.0.2.3 9", 0],
    ]);
  });

  it("is no service of a group, of everybody or of port 0, but one whose made-up address has answered", () => {
    expect(
      found(
        surveyOf(
          udp("192.0.2.1:5353 > 224.0.0.251:5353", {}),
          udp("0.0.0.0:68 > 255.255.255.255:67", {}),
          udp("192.0.2.1:9 > 192.0.2.9:0", {}),
          tcp("192.0.2.1:40000 > 237.1.2.3:80", "S"),
          tcp("237.1.2.3:80 > 192.0.2.1:40000", "S."),
        ),
      ),
    ).deep.equals(["237.1.2.3 80"]);
  });

  it("tells a capture whose IPv4 headers were left wrong from one with a single broken packet", () => {
    const wrong = { headerError: 3 };
    expect(surveyOf(tcp(ENDS, "S", wrong), tcp(ENDS, ".", wrong)).services()[0]?.wrongHeaders).equals(true);
    expect(surveyOf(tcp(ENDS, "S"), tcp(ENDS, ".", wrong)).services()[0]?.wrongHeaders).equals(false);
  });
});
