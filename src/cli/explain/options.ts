/** The options of `tapvs explain`, as commander hands them over. */
import type { ArpChoice } from "../../core/explain/drawings/ladder.ts";
import type { SyncChoice } from "../../core/simulator/two-directors.ts";

export interface ExplainOptions {
  readonly config?: string;
  readonly packet?: string;
  readonly after?: number;
  readonly brief?: true;
  readonly cure?: true;
  readonly compare?: true;
  readonly fault?: string;
  readonly ipv6?: true;
  readonly nat64?: true;
  readonly servers?: number;
  readonly directors?: number;
  readonly scheduler?: string;
  readonly lose?: number;
  readonly sync?: SyncChoice;
  readonly eachOther?: true;
  readonly connections?: number;
  readonly arp?: ArpChoice;
  readonly svg?: string;
  readonly slide?: string;
  readonly topology?: string;
  readonly mermaid?: string;
  readonly html?: string;
  readonly ascii?: true;
  readonly json?: true;
}
