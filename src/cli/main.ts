#!/usr/bin/env node
/** The command `tapvs`. Start here; commands.ts lists what it can do, one file each. */
import { runProgram } from "./program.ts";

await runProgram(process.argv.slice(2));
