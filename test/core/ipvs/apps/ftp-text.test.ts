/** What the helper reads as an address and a port, and what it does not; as the kernel was seen to (fixtures/recordings/ftp_*). */
import { expect } from "chai";
import {
  EPRT,
  EXTENDED_REPLY,
  type Form,
  PASSIVE_REPLY,
  PORT,
  readEndpoint,
} from "../../../../src/core/ipvs/apps/ftp-text.ts";
import { AF_INET, AF_INET6, type Family, formatAddress } from "../../../../src/core/wire/address.ts";

function read(text: string, form: Form, family: Family = AF_INET): string {
  const bytes = new TextEncoder().encode(`#${text}`);
  const found = readEndpoint(bytes, 1, bytes.length, form, family);
  if (found === undefined) return "";
  const address = found.address === undefined ? "own" : formatAddress(found.address);
  return `${address} ${found.port} ${text.slice(found.start - 1, found.end - 1)}`;
}

const CASES: readonly (readonly [Form, string, string])[] = [
  [PASSIVE_REPLY, "227 Entering Passive Mode (10,2,0,2,195,80).\r\n", "10.2.0.2 50000 10,2,0,2,195,80"],
  [PASSIVE_REPLY, "227 10,2,0,2,195,81\r\n", "10.2.0.2 50001 10,2,0,2,195,81"],
  [PASSIVE_REPLY, "227 x((10,2,0,2,195,83\r\n", "10.2.0.2 50003 10,2,0,2,195,83"],
  [PASSIVE_REPLY, "227 (10,2,0,258,300,5)\r\n", "10.2.0.2 11269 10,2,0,258,300,5"],
  [PASSIVE_REPLY, "227 (010,002,,2,7,6)\r\n", "10.2.0.2 1798 010,002,,2,7,6"],
  [PASSIVE_REPLY, "227 (10,2,0,2,7,9,4)\r\n", "10.2.0.2 1801 10,2,0,2,7,9"],
  [PASSIVE_REPLY, "227 (10,2,0,2,7)\r\n", ""],
  [PASSIVE_REPLY, "227 Entering passive 7 (10,2,0,2,195,85)\r\n", ""],
  [PASSIVE_REPLY, "227 =10,2,0,2,195,88", ""],
  [PASSIVE_REPLY, "227-long (10,2,0,2,195,87)\r\n", ""],
  [PASSIVE_REPLY, "227 Entering Passive", ""],
  [PASSIVE_REPLY, "22", ""],
  [PORT, "PORT 10,1,0,1,200,10\r\n", "10.1.0.1 51210 10,1,0,1,200,10"],
  [PORT, "port  10,1,0,1,200,11\r\n", "10.1.0.1 51211 10,1,0,1,200,11"],
  [PORT, "PORT10,1,0,1,200,10 \r\n", "10.1.0.1 51210 10,1,0,1,200,10"],
  [PORT, "PORT (10,1,0,1,200,11)\r\n", ""],
  [PORT, "PORT 10,1,0,1,200,12", ""],
  [EPRT, "EPRT |1|10.1.0.1|51210|\r\n", "10.1.0.1 51210 |1|10.1.0.1|51210|"],
  [EPRT, "eprt !1!010.1.0.1!051211!\r\n", "10.1.0.1 51211 !1!010.1.0.1!051211!"],
  [EPRT, "EPRT |2|fd00::1|51211|\r\n", ""],
  [EPRT, "EPRT |||51211|\r\n", ""],
  [EPRT, "EPRT |1|10.1.0|51211|\r\n", ""],
  [EXTENDED_REPLY, "229 Entering Extended Passive Mode (|||50000|)\r\n", "own 50000 |||50000|"],
  [EXTENDED_REPLY, "229 (!!!050004!)\r\n", "own 50004 !!!050004!"],
  [EXTENDED_REPLY, "229 (|||70000|)\r\n", "own 4464 |||70000|"],
  [EXTENDED_REPLY, "229 (|1|10.2.0.3|50006|)\r\n", "10.2.0.3 50006 |1|10.2.0.3|50006|"],
  [EXTENDED_REPLY, "229 |||50005|\r\n", ""],
  [EXTENDED_REPLY, "229 (|||0|)\r\n", ""],
  [EXTENDED_REPLY, "229 (||x|50005|)\r\n", ""],
  [EXTENDED_REPLY, "229 (|||5x|)\r\n", ""],
  [EXTENDED_REPLY, "229 (|||50009", ""],
];

describe("an endpoint in FTP's text", () => {
  for (const [form, text, expected] of CASES) {
    it(`${JSON.stringify(text)} is ${expected || "none"}`, () => expect(read(text, form)).to.equal(expected));
  }

  it("is of the connection's own family", () => {
    expect(read("EPRT |2|fd00:1::1|51210|\r\n", EPRT, AF_INET6)).to.equal("fd00:1::1 51210 |2|fd00:1::1|51210|");
    expect(read("EPRT |1|10.1.0.1|51210|\r\n", EPRT, AF_INET6)).to.equal("");
    expect(read("229 (|2|fd00:2::2|50004|)\r\n", EXTENDED_REPLY, AF_INET6)).to.match(/^fd00:2::2 50004 /);
  });
});
