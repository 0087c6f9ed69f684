/** Kernel modules as lines of modprobe. */
import { expect } from "chai";
import { moduleText, parseModule } from "../../../src/core/ipvs/modules.ts";

describe("a line of a kernel module", () => {
  for (const line of ["ip_vs_ftp", "ip_vs_ftp ports=21,2121", "ip_vs_pe_sip"]) {
    it(line, () => {
      const parsed = parseModule(line);
      expect(parsed && moduleText(parsed)).to.equal(line);
    });
  }

  const refused = [
    "",
    "ip_vs_tftp",
    "ip_vs_ftp port=21",
    "ip_vs_ftp ports=21,21",
    "ip_vs_ftp ports=70000",
    "ip_vs_pe_sip ports=1",
  ];
  for (const line of [...refused, "ip_vs_ftp ports=1,2,3,4,5,6,7,8,9", "ip_vs_ftp ports=21 x"]) {
    it(`refuses ${JSON.stringify(line)}`, () => expect(parseModule(line)).to.equal(undefined));
  }
});
