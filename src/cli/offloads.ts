/** The option that says what is made of frames that the recording host's network card had a part in. */
import { Option } from "commander";
import { OFFLOADS } from "../core/replay/recorded-offloads.ts";

export const offloadsOption = (): Option =>
  new Option(
    "--offloads <which>",
    "frames longer than the MTU are many, and checksums that were left to the network card are made: those that show it (auto), " +
      "none (off), all wrong ones (on)",
  )
    .choices(OFFLOADS)
    .default("auto");
