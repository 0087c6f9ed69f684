/** Kills a live director in the middle of changes, again and again, and looks what is left of them. */
import { expect } from "chai";
import { NoDirector } from "../../src/io/control/client.ts";
import { diceOf } from "../core/properties/random.ts";
import { type TestDirector, until } from "./director.ts";
import { VIP } from "./modes.ts";

/** Services that stand by, so that a state file takes more than one write to the disk. */
const STANDING_BY = 300;
/** The longest time between a start and the kill, in milliseconds. */
const LONGEST = 150;

export interface Crashes {
  readonly crashes: number;
  /** Changes that were answered. */
  readonly changes: number;
}

/**
 * Crash after crash: rules are restored, changed one after the other, and the director is killed. What it restores must
 * be the rules of the last change that was answered, or of the one that was on its way. Every line must be whole.
 */
export async function crashInChanges(director: TestDirector, crashes: number, seed: number): Promise<Crashes> {
  const dice = diceOf(seed);
  let weight = 0;
  let changes = 0;
  await director.start();
  await stock(director);
  for (let crash = 0; crash < crashes; crash++) {
    const change = async (): Promise<void> => {
      for (;;) {
        await setWeight(director, weight + 1);
        weight++;
        changes++;
      }
    };
    const changing = change().catch((error: unknown) => {
      if (!(error instanceof NoDirector)) throw error;
    });
    await new Promise((resolve) => setTimeout(resolve, dice(LONGEST)));
    await killed(director);
    await changing;
    await director.start({ words: ["--restore"] });
    expect(director.log).contains("rules restored from").and.not.contains("refused");
    const { services, now } = await standing(director);
    expect(services, `crash ${crash}`).equals(STANDING_BY + 1);
    expect(now, `crash ${crash}`).within(weight, weight + 1);
    weight = now;
  }
  return { crashes, changes };
}

/** Kills it, as a machine does that has no memory left; resolves when it is gone. */
export async function killed(director: TestDirector): Promise<void> {
  process.kill(director.pid, "SIGKILL");
  await until(
    () => director.child.signalCode !== null,
    () => "its end",
  );
}

async function stock(director: TestDirector): Promise<void> {
  const services = Array.from({ length: STANDING_BY }, (_, index) => `-A -u ${VIP}:${1000 + index} -s wlc`);
  const stdin = ["-C", ...services, `-A -t ${VIP}:53 -s wlc`, `-a -t ${VIP}:53 -r 10.92.0.3 -m -w 0`].join("\n");
  const { text } = await director.ask("POST", "/v1/ipvsadm", { words: ["-R"], stdin });
  expect(JSON.parse(text)).include({ code: 0, err: "" });
}

async function setWeight(director: TestDirector, weight: number): Promise<void> {
  const words = `-e -t ${VIP}:53 -r 10.92.0.3 -m -w ${weight}`.split(" ");
  const { text } = await director.ask("POST", "/v1/ipvsadm", { words });
  expect(JSON.parse(text)).include({ code: 0, err: "" });
}

async function standing(director: TestDirector): Promise<{ readonly services: number; readonly now: number }> {
  const { text } = await director.ask("GET", "/v1/state");
  const services = text.split("\n").filter((line) => line.startsWith("-A ")).length;
  return { services, now: Number(/ -w (\d+)/.exec(text)?.[1]) };
}
