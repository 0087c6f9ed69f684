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
    expect(found(surveyOf(udp("192.0.2.1:161 > 192.0.2.2:40000", {})))).deep.equals(["192.0.2.2 40000"]);
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
