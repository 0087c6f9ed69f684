import { expect } from "chai";
import { tapvs } from "./tapvs.ts";

describe("tapvs releases", () => {
  it("says what an upgrade changes", () => {
    const { code, out } = tapvs(["releases", "6.1.185", "6.12.117"]);
    expect(code).to.equal(0);
    expect(out.split("\n")[0]).to.equal(
      "since 6.1.190, 6.12.111: a backup refuses a template whose state does not exist",
    );
    expect(out).to.include("recorded: sync_backup_bad_messages\n");
    expect(tapvs(["releases", "6.12.117"]).out).to.equal("nothing that is known changes\n");
  });

  it("lists all changes, also as JSON", () => {
    const { v, changes } = JSON.parse(tapvs(["releases", "--json"]).out);
    expect(v).to.equal(1);
    expect(changes).to.have.length(4);
    expect(changes).to.have.nested.property("[0].since").that.deep.equals({ "6.1": 180, "6.12": 100 });
  });

  it("refuses what is no release", () => {
    const { code, err } = tapvs(["releases", "six"]);
    expect(code).to.equal(2);
    expect(err).to.equal('tapvs releases: expected a release such as 6.12.117, got "six"\n');
  });
});
