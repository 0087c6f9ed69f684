/** The ten lessons, in their order. */
import { arpProblem } from "./arp-problem.ts";
import { firstService } from "./first-service.ts";
import type { Lesson } from "./lesson.ts";
import { tunnelMtu } from "./tunnel-mtu.ts";
import { weights } from "./weights.ts";
import { wrongGateway } from "./wrong-gateway.ts";

export const LESSONS: readonly Lesson[] = [firstService, weights, wrongGateway, arpProblem, tunnelMtu];
