/**
 * A scenario: the story of a case in readable lines, from the director and the hosts around it to every packet.
 * docs/recording.md describes the language. Compiled, it gives the inputs of a transcript.
 */
import type { TranscriptEvent, TranscriptHead } from "../../../src/core/capture/transcript.ts";
import { Network } from "../network.ts";
import type { Naming } from "../sent.ts";
import type { Expectation } from "./expectation.ts";
import { Scene } from "./scene.ts";
import { STATEMENTS } from "./statements.ts";
import { ScenarioError, splitWords, Words } from "./words.ts";

export interface Scenario {
  readonly head: TranscriptHead;
  /** The inputs, at the times they are planned for. */
  readonly events: readonly TranscriptEvent[];
  readonly expectations: readonly Expectation[];
  readonly nameOf: Naming;
}

/** Compiles the text of a scenario; throws a ScenarioError that names `file`, the line and what was expected there. */
export function compileScenario(text: string, file: string, name: string): Scenario {
  const scene = new Scene(new Network(), name);
  for (const [index, line] of text.split("\n").entries()) {
    const where = `${file}:${index + 1}`;
    const words = new Words(splitWords(line), where);
    if (!words.done) runLine(scene, words, where);
  }
  scene.finishExpectation();
  const { head, events } = scene.stage.transcript;
  const nameOf: Naming = (address) => scene.network.nameOf(address);
  return { head, events, expectations: scene.expectations, nameOf };
}

function runLine(scene: Scene, words: Words, where: string): void {
  if (words.accept("=>")) {
    scene.expect(words, where);
    return;
  }
  scene.finishExpectation();
  scene.begin();
  if (words.peek()?.startsWith("+") === true) {
    scene.note(scene.stage.sleep(words.parsed("+SECONDS", delay)));
    if (words.done) return;
  }
  const statement = STATEMENTS[words.peek() ?? ""];
  if (statement === undefined) scene.packet(words);
  else {
    words.word("a statement");
    statement(scene, words);
  }
  words.end();
  if (scene.started && scene.stage.tooLong > 0) {
    throw new ScenarioError(`${where}: expected frames that fit the MTU of the director's interface, got a longer one`);
  }
}

const delay = (word: string): number | undefined => (/^\+\d*\.?\d+$/.test(word) ? Number(word) : undefined);
