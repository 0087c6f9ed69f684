/** Command lines in one thread after the other's end: its modules are loaded once, which takes longer than most commands. */
import { MessageChannel, receiveMessageOnPort, Worker } from "node:worker_threads";
import type { Asked, Heard } from "./thread-worker.ts";

/** In milliseconds: a command that waits for ever must not keep all other tests waiting. */
const LONGEST = 120_000;

interface Thread {
  /** 0, and 1 once there is an answer. */
  readonly answered: Int32Array;
  readonly ask: (asked: Asked) => void;
  readonly answer: () => Heard | undefined;
  readonly end: () => void;
}

let thread: Thread | undefined;

/** The thread of this process. It does not keep the process alive. */
function start(): Thread {
  const { port1: here, port2: there } = new MessageChannel();
  const answered = new Int32Array(new SharedArrayBuffer(4));
  const worker = new Worker(new URL("./thread-worker.js", import.meta.url), {
    workerData: { port: there, answered },
    transferList: [there],
  });
  worker.unref();
  here.unref();
  return {
    answered,
    ask: (asked) => here.postMessage(asked),
    answer: () => receiveMessageOnPort(here)?.message as Heard | undefined,
    end: () => void worker.terminate(),
  };
}

/** `tapvs WORDS...`, or `node MODULE WORDS...`, to its end in a folder; this process waits, so many milliseconds at most. */
export function inThread(
  program: Asked["program"],
  words: readonly string[],
  folder: string,
  env: Asked["env"] = {},
  longest = LONGEST,
): Heard {
  thread ??= start();
  const { answered, ask, answer, end } = thread;
  const back = process.cwd();
  // A thread is where its process is.
  process.chdir(folder);
  try {
    Atomics.store(answered, 0, 0);
    ask({ program, words, env });
    if (Atomics.wait(answered, 0, 0, longest) === "timed-out") {
      // What it still does, and answers in the end, belongs to no later question: those get another thread.
      thread = undefined;
      end();
      throw new Error(`${program} ${words.join(" ")}: no end`);
    }
    const heard = answer();
    if (heard === undefined) throw new Error(`${program} ${words.join(" ")}: no answer`);
    return heard;
  } finally {
    process.chdir(back);
  }
}
