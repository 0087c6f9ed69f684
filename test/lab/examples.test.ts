/** examples/labs holds what the pure parts of the lab write; `TAPVS_WRITE_EXAMPLES=1` writes it anew. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { expect } from "chai";
import { buildLab } from "../../src/lab/build.ts";
import { exampleScript } from "../../src/lab/example.ts";
import { mermaid } from "../../src/lab/graph/mermaid.ts";
import { svg } from "../../src/lab/graph/svg.ts";
import type { LabOptions } from "../../src/lab/plan.ts";
import { shellScript } from "../../src/lab/script.ts";
import { planLab } from "../../src/lab/topologies.ts";
import { installedPaths, labOptions } from "./options.ts";

const FOLDER = "examples/labs";

const EXAMPLES: Readonly<Record<string, LabOptions>> = {
  nat: labOptions("nat"),
  dr: labOptions("dr"),
  tun: labOptions("tun"),
  fullnat: labOptions("fullnat"),
  "nat-example": labOptions("nat", { example: true }),
  "dr-example": labOptions("dr", { example: true }),
};

/** The files of an example by their names. */
function filesOf(options: LabOptions): Readonly<Record<string, string>> {
  const lab = planLab(options);
  const paths = installedPaths(options.name);
  return {
    "up.sh": shellScript(options.example ? buildLab(lab, paths, []) : buildLab(lab, paths)),
    "lab.mmd": mermaid(lab),
    "lab.svg": svg(lab),
    ...(options.example && { "service.sh": exampleScript(lab) }),
  };
}

describe("examples/labs", () => {
  for (const [name, options] of Object.entries(EXAMPLES)) {
    for (const [file, text] of Object.entries(filesOf(options))) {
      it(`${name}/${file} is what the lab writes`, () => {
        const path = `${FOLDER}/${name}/${file}`;
        if (process.env.TAPVS_WRITE_EXAMPLES === "1") {
          mkdirSync(`${FOLDER}/${name}`, { recursive: true });
          writeFileSync(path, text);
        }
        expect(text).to.equal(readFileSync(path, "utf8"));
      });
    }
  }
});
