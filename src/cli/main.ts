#!/usr/bin/env node
/** The command `tapvs`. Start here; commands.ts lists what it can do, one file each. */
import { holdHangups } from "./early-hangup.ts";

// Before the rest is loaded: a director that starts is told of its configuration as one that runs.
if (process.argv[2] === "run") holdHangups();
// Nobody waits here at the top: what a command loads imports from this file when they are bundled, and would wait in turn.
void import("./program.ts").then(({ runProgram }) => runProgram(process.argv.slice(2)));
