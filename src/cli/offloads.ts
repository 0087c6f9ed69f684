/** The option that says what is made of frames that the recording host's network card had a part in. */
import { Option } from "commander";
import { OFFLOADS } from "../core/replay/recorded-offloads.ts";

export const offloadsOption = (): Option =>
  new Option(
    "--offloads <which>",
    "do what the recording host left to its network card: a frame longer than the MTU stands for many packets, and a checksum " +
      "that was not made yet is made. Where frames show it (auto), never (off), also for every wrong checksum (on)",
  )
    .choices(OFFLOADS)
    .default("auto");
