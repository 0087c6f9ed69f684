/** The lessons, in their order. */
import { arpProblem } from "./arp-problem.ts";
import { directorDies } from "./director-dies.ts";
import { draining } from "./draining.ts";
import { firstService } from "./first-service.ts";
import { fullnatToa } from "./fullnat-toa.ts";
import type { Lesson } from "./lesson.ts";
import { manyDirectors } from "./many-directors.ts";
import { persistence } from "./persistence.ts";
import { predict } from "./predict.ts";
import { quietInIpv6 } from "./quiet-in-ipv6.ts";
import { readCapture } from "./read-capture.ts";
import { tunnelMtu } from "./tunnel-mtu.ts";
import { weights } from "./weights.ts";
import { wrongGateway } from "./wrong-gateway.ts";

export const LESSONS: readonly Lesson[] = [
  firstService,
  weights,
  wrongGateway,
  arpProblem,
  tunnelMtu,
  persistence,
  draining,
  fullnatToa,
  predict,
  readCapture,
  directorDies,
  manyDirectors,
  quietInIpv6,
];
