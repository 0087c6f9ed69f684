/** A static program of Go, built where Go is. */
import { spawnSync } from "node:child_process";
import { expect } from "chai";
import { tryFilter } from "../../src/io/with/run-with.ts";
import { needs, skip } from "../support/machine.ts";
import { scratch } from "./scratch.ts";
import { tapvsProcess } from "./tapvs.ts";

const SOURCE = "test/cli/clients/ipvs.go";
const LONGEST = 300_000;

describe("tapvs with a client of Go", () => {
  const path = scratch();

  before(async function () {
    this.timeout(LONGEST);
    needs(this, "go");
    const obstacle = await tryFilter();
    if (obstacle !== undefined) skip(this, obstacle);
    const env = { ...process.env, CGO_ENABLED: "0", GOCACHE: path("cache"), GO111MODULE: "off" };
    const { status, stderr } = spawnSync("go", ["build", "-o", path("ipvs"), SOURCE], { encoding: "utf8", env });
    expect(stderr).equals("");
    expect(status).equals(0);
  });

  it("answers its threads, each on its socket, and lists what they added", () => {
    for (let round = 0; round < 5; round++) {
      expect(tapvsProcess(["with", "--", path("ipvs")])).deep.equals({ code: 0, out: "200 services\n", err: "" });
    }
  });
});
