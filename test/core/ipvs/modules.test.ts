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

  // As /sys/module/ip_vs_ftp/parameters/ports said on Linux 6.1.176.
  for (const [written, read] of [
    ["021", "17"],
    ["0x15", "21"],
    ["0X15", "21"],
    ["+21", "21"],
    ["21,021", "21,17"],
    ["0177777", "65535"],
    ["00", "0"],
    ["0,0", "0,0"],
  ] as const) {
    it(`ports=${written} are ${read}`, () => {
      const parsed = parseModule(`ip_vs_ftp ports=${written}`);
      expect(parsed && moduleText(parsed)).to.equal(`ip_vs_ftp ports=${read}`);
    });
  }

  const refused = [
    ...["08", "-1", "65536", "0200000", "0x", "1_2", "", "21,", ",21", "17,021"].map(
      (ports) => `ip_vs_ftp ports=${ports}`,
    ),
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
