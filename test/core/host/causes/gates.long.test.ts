import { asksEveryFinder } from "../../../support/every-finder.ts";
import { explainAll } from "../../../support/explained.ts";
import { toldLab } from "../../explain/recordings.ts";

const FOLDERS = ["golden", "golden-6.12/v6", "golden-sync", "golden-v6", "golden-v6-random", "recordings"];

describe("causes with gates and without, in all recordings", () => {
  asksEveryFinder();

  for (const folder of FOLDERS)
    it(`are the same in fixtures/${folder}`, () => {
      explainAll(`fixtures/${folder}`);
    });

  for (const lab of ["dr", "nat", "nat-ipv6", "tun"])
    it(`are the same in the lab ${lab}`, () => {
      toldLab(lab);
    });
});
