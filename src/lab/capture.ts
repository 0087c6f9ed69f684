/** Captures on a host of a lab, by dumpcap or tcpdump. */
import { LabError } from "./lab-error.ts";
import { isInstalled } from "./machine.ts";

export interface CaptureOptions {
  readonly netns: string;
  /** The devices to listen on; tcpdump takes only the first. */
  readonly devices: readonly string[];
  /** Where frames go, `-` for standard output; without it, they are shown as text. */
  readonly file?: string;
  /** End after so many. */
  readonly count?: number;
  /** A capture filter, pcap-filter(7). */
  readonly filter: readonly string[];
}

export type CaptureTool = "dumpcap" | "tcpdump";

/** The command of the capture. */
export function captureWords(tool: CaptureTool, { netns, devices, file, count, filter }: CaptureOptions): string[] {
  const run = ["ip", "netns", "exec", netns, tool];
  const only = count === undefined ? [] : ["-c", `${count}`];
  if (tool === "dumpcap") {
    const expression = filter.length === 0 ? [] : ["-f", filter.join(" ")];
    return [...run, "-q", ...expression, ...devices.flatMap((device) => ["-i", device]), ...only, "-w", file ?? "-"];
  }
  const output = file === undefined ? ["-n", "-e", "-l"] : ["-U", "-w", file];
  // Debian's tcpdump gives up root by default, and then could not write the file.
  return [...run, "-Z", "root", "-i", devices[0] ?? "eth0", ...only, ...output, ...filter];
}

/** dumpcap writes files of all ports at once; for the eye there is only tcpdump. Throws LabError if there is none. */
export function chooseTool(toFile: boolean, has: (program: string) => boolean = isInstalled): CaptureTool {
  if (toFile && has("dumpcap")) return "dumpcap";
  if (has("tcpdump")) return "tcpdump";
  throw new LabError(
    4,
    toFile
      ? "neither dumpcap nor tcpdump is installed; apt-get install wireshark-common, or tcpdump"
      : "tcpdump is not installed; apt-get install tcpdump, or write a file with -w",
  );
}
