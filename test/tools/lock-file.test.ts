/** `npm ci` works on every platform: the lock file is whole, and names no registry. */
import { readFileSync } from "node:fs";
import { expect } from "chai";

interface LockedPackage {
  readonly resolved?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const { packages } = JSON.parse(readFileSync("package-lock.json", "utf8")) as {
  readonly packages: Readonly<Record<string, LockedPackage>>;
};

/** Where Node looks for a package that the one at `from` asks for: below it, beside it, and in each folder above. */
function placesOf(name: string, from: string): string[] {
  const steps = from.split("/node_modules/");
  const places = steps.map((_, index) => `${steps.slice(0, index + 1).join("/node_modules/")}/node_modules/${name}`);
  return [...places, `node_modules/${name}`];
}

describe("the lock file", () => {
  it("has every package that one of its packages asks for, those of other platforms too", () => {
    const missing = Object.entries(packages).flatMap(([from, { dependencies, optionalDependencies }]) =>
      Object.keys({ ...dependencies, ...optionalDependencies })
        .filter((name) => !placesOf(name, from).some((place) => place in packages))
        .map((name) => `${name}, wanted by ${from || "the project"}`),
    );
    expect(missing).deep.equals([]);
    expect(Object.keys(packages).length).greaterThan(200);
  });

  it("says nowhere from which registry a package came", () => {
    expect(Object.values(packages).filter(({ resolved }) => resolved !== undefined)).deep.equals([]);
  });
});
