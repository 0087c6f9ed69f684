import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { expect } from "chai";
import { scratch } from "./scratch.ts";
import { tapvs } from "./tapvs.ts";

describe("tapvs shrink", () => {
  const path = scratch();

  it("makes of a capture that differs a case of two frames that differs in the same way", () => {
    cpSync("fixtures/captures/nat", path("nat"), { recursive: true });
    const rules = readFileSync("fixtures/captures/nat/rules.ipvs", "utf8");
    writeFileSync(path("nat/rules.ipvs"), rules.replace("-s wrr", "-s wlc").replace("-w 2", "-w 1"));
    const { code, err } = tapvs(["shrink", path("nat"), "-o", path("small.case")]);
    expect(code).equals(0);
    expect(err).matches(/159 frames are now 2, after \d+ runs; it still shows: another frame was sent on eth1/);
    expect(tapvs(["verify", path("small.case")]).out).includes("another frame was sent on eth1");
  });

  it("makes of a drop a case that verify takes", () => {
    const file = path("drop.case");
    expect(tapvs(["shrink", "fixtures/situations/r18d0.case", "--drop", "any", "-o", file]).code).equals(0);
    expect(readFileSync(file, "utf8")).includes("=> dropped destination-unavailable");
    expect(tapvs(["verify", file]).out).includes("1 of 1 match");
  });

  it("says what there is not", () => {
    expect(tapvs(["shrink", "fixtures/captures/nat"])).deep.include({
      code: 1,
      err: "fixtures/captures/nat: nothing differs; --drop or --packet say what else is to be kept\n",
    });
    expect(tapvs(["shrink", "fixtures/captures/nat", "--drop", "nonsense"]).code).equals(2);
    expect(tapvs(["shrink", "examples/cases/nat.case", "--packet", "100"])).deep.include({
      code: 2,
      err: "examples/cases/nat.case: there is no frame 100: it has 6 frames, numbered from 1\n",
    });
    expect(tapvs(["shrink", "fixtures/captures"]).code).equals(2);
  });
});
