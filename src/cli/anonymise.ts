/** The option that hides who is in a capture. */
import { InvalidArgumentError, Option } from "commander";

export const anonymiseOption = (description: string): Option =>
  new Option("--anonymise <key>", description).argParser((key: string) => {
    if (key.trim() === "")
      throw new InvalidArgumentError("expected a phrase of your own: without one, anybody can undo it");
    return key;
  });
