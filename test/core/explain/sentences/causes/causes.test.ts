import { expect } from "chai";
import { asksEveryFinder } from "../../../../support/every-finder.ts";
import { story } from "../../../../support/story.ts";
import { REPORTS, reported } from "./reports.ts";
import { C, causesIn, NAT } from "./situation.ts";
import { ADDRESSES_SITUATIONS } from "./situations/addresses.ts";
import { CONNECTIONS_SITUATIONS } from "./situations/connections.ts";
import { FTP_SITUATIONS } from "./situations/ftp.ts";
import { HELPERS_SITUATIONS } from "./situations/helpers.ts";
import { INTEGRITY_SITUATIONS } from "./situations/integrity.ts";
import { METHODS_SITUATIONS } from "./situations/methods.ts";
import { PAST_SITUATIONS } from "./situations/past.ts";
import { REPLIES_SITUATIONS } from "./situations/replies.ts";
import { SCHEDULERS_SITUATIONS } from "./situations/schedulers.ts";
import { SCHEDULING_SITUATIONS } from "./situations/scheduling.ts";
import { UNSERVED_SITUATIONS } from "./situations/unserved.ts";
import { WAYS_SITUATIONS } from "./situations/ways.ts";

const SITUATIONS = [
  ADDRESSES_SITUATIONS,
  CONNECTIONS_SITUATIONS,
  FTP_SITUATIONS,
  HELPERS_SITUATIONS,
  INTEGRITY_SITUATIONS,
  METHODS_SITUATIONS,
  PAST_SITUATIONS,
  REPLIES_SITUATIONS,
  SCHEDULERS_SITUATIONS,
  SCHEDULING_SITUATIONS,
  UNSERVED_SITUATIONS,
  WAYS_SITUATIONS,
].flatMap((theme) => Object.entries(theme));

describe("what people reported", () => {
  asksEveryFinder();

  for (const [name, number, ...words] of REPORTS) {
    it(`${name}, packet ${number}: ${words.slice(0, 3).join(", ")}`, () => {
      const causes = reported(name, number);
      for (const word of words) expect(causes).includes(word);
    });
  }
});

describe("the cause", () => {
  const asked = asksEveryFinder();

  for (const [title, { lines, config, says, not }] of SITUATIONS) {
    it(`is named: ${title}`, () => {
      const causes = causesIn(story(lines, config));
      for (const words of says) expect(causes).includes(words);
      for (const words of not ?? []) expect(causes).not.includes(words);
    });
  }

  it("is none where a connection is as it should be", () => {
    expect(causesIn(story([...NAT, `1 eth0 tcp ${C} S`]))).equals("");
    expect(causesIn(story([...NAT, `1 eth0 tcp ${C} S`, "2 eth1 tcp 172.16.1.2:80 > 12.11.0.10:40000 S."]))).equals("");
  });

  it("of every finder is in a situation or a report: where it is not asked, that would be seen", () => {
    for (const [, { lines, config }] of SITUATIONS) story(lines, config);
    for (const [name, number] of REPORTS) reported(name, number);
    expect([...asked.all].filter((find) => !asked.found.has(find)).map(({ name }) => name)).deep.equals([]);
  });
});
