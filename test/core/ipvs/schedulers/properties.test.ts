/** What holds for every scheduler after any sequence of commands, packets and time. */
import { expect } from "chai";
import fc from "fast-check";
import { usable } from "../../../../src/core/ipvs/schedulers/scheduler.ts";
import { SCHEDULER_NAMES } from "../../../../src/core/ipvs/schedulers/schedulers.ts";
import type { Packet } from "./picks-file.ts";
import type { PicksModel, ServerOptions } from "./picks-model.ts";
import { addressOf, keyFrom, optionsFor, schedulerOf, serviceWith } from "./set-up.ts";

const server = fc.constantFrom("A", "B", "C", "D", "E", "F");
const options = fc.record({
  weight: fc.oneof(fc.nat(5), fc.constantFrom(0, 1000, 2 ** 31 - 1)),
  upper: fc.constantFrom(0, 0, 1, 3),
  lower: fc.constantFrom(0, 1),
});
const host = fc.nat(12);

type Act =
  | { readonly act: "add" | "edit"; readonly server: string; readonly options: ServerOptions }
  | { readonly act: "delete"; readonly server: string }
  | { readonly act: "packet"; readonly client: number; readonly target: number; readonly segment: Packet["segment"] }
  | { readonly act: "flags"; readonly flags: number }
  | { readonly act: "rebind" }
  | { readonly act: "age" }
  | { readonly act: "pass"; readonly seconds: number };

const acts: fc.Arbitrary<Act[]> = fc.array(
  fc.oneof(
    { weight: 3, arbitrary: fc.record({ act: fc.constant("add" as const), server, options }) },
    { weight: 3, arbitrary: fc.record({ act: fc.constant("edit" as const), server, options }) },
    { weight: 1, arbitrary: fc.record({ act: fc.constant("delete" as const), server }) },
    {
      weight: 12,
      arbitrary: fc.record({
        act: fc.constant("packet" as const),
        client: host,
        target: host,
        segment: fc.constantFrom("SYN" as const, "SYN" as const, "ACK" as const, "FIN" as const),
      }),
    },
    { weight: 1, arbitrary: fc.record({ act: fc.constant("flags" as const), flags: fc.constantFrom(0, 8, 16, 24) }) },
    { weight: 1, arbitrary: fc.constantFrom<Act>({ act: "rebind" }, { act: "age" }) },
    {
      weight: 1,
      arbitrary: fc.record({ act: fc.constant("pass" as const), seconds: fc.constantFrom(1, 61, 500, 90_000) }),
    },
  ),
  { maxLength: 80 },
);

function perform(model: PicksModel, act: Act, name: string): void {
  if (act.act === "flags") model.service.flags = act.flags;
  else if (act.act === "age") schedulerOf(model).age?.();
  else if (act.act === "pass") model.pass(act.seconds);
  else if (act.act === "rebind") {
    model.editService(optionsFor("rr", model.service.flags));
    model.editService(optionsFor(name, model.service.flags));
  } else if (act.act === "packet") {
    const source = { address: addressOf("A"), port: 1024 + act.client };
    const destination = { address: addressOf(String.fromCharCode(80 + act.target)), port: 80 };
    model.receive({ protocol: "TCP", segment: act.segment, source, destination });
  } else {
    const known = model.find(addressOf(act.server), 80);
    if (act.act === "add" && known === undefined) model.addServer(addressOf(act.server), 80, act.options);
    else if (act.act === "edit" && known !== undefined) model.editServer(known, act.options);
    else if (act.act === "delete" && known !== undefined) model.deleteServer(known);
  }
}

/** Hashing refuses the clients of an unusable server; ovf refuses when all are full. */
const MAY_REFUSE = new Set(["dh", "sh", "mh", "ovf"]);
/** lblc does not look at the OVERLOAD flag of the server it has cached for an address. */
const MAY_PICK_OVERLOADED = new Set(["lblc"]);

for (const name of SCHEDULER_NAMES) {
  describe(`${name}, after anything`, () => {
    it("picks only servers of the service that may take a connection, and never throws", () => {
      fc.assert(
        fc.property(acts, (sequence) => {
          const model = serviceWith(name, []);
          for (const act of sequence) {
            perform(model, act, name);
            const client = act.act === "packet" ? act.client * 65_537 : 3;
            const picked = schedulerOf(model).schedule(keyFrom(client, client * 31, 1024 + client));
            const candidates = model.service.destinations.filter(
              (server) => usable(server) || (MAY_PICK_OVERLOADED.has(name) && server.weight > 0),
            );
            if (picked !== undefined) expect(candidates).to.include(picked);
            else if (!MAY_REFUSE.has(name)) expect(candidates.filter(usable)).to.deep.equal([]);
          }
          for (const server of model.service.destinations) expect(server.cacheReferences).to.be.at.least(0);
          schedulerOf(model).unbind?.();
          for (const server of model.service.destinations) expect(server.cacheReferences).to.equal(0);
        }),
        { numRuns: 60 },
      );
    });
  });
}
