import { expect } from "chai";
import { Log, type LogOptions } from "../../src/io/log.ts";

function lines(options: Partial<LogOptions>, write: (log: Log) => void): string[] {
  const written: string[] = [];
  const now = (): number => Date.UTC(2026, 10, 22, 10, 11, 12);
  write(
    new Log({
      format: "text",
      journal: false,
      terminal: false,
      write: (line) => void written.push(line),
      now,
      ...options,
    }),
  );
  return written;
}

describe("the log", () => {
  const all = (log: Log): void => {
    log.error("no device");
    log.warning("slow");
    log.notice("ready");
    log.info("hello", { port: "eth0", frames: 3 });
  };

  it("writes plain lines, in which errors and warnings are called so", () => {
    expect(lines({}, all)).deep.equals([
      "error: no device\n",
      "warning: slow\n",
      "ready\n",
      "hello port=eth0 frames=3\n",
    ]);
  });

  it("puts the time before them on a terminal", () => {
    expect(lines({ terminal: true }, (log) => log.notice("ready"))[0]).match(/^\d\d:11:12 ready\n$/);
  });

  it("puts the priorities of syslog before them for the journal, and no time", () => {
    expect(lines({ journal: true, terminal: true }, all)).deep.equals([
      "<3>error: no device\n",
      "<4>warning: slow\n",
      "<5>ready\n",
      "<6>hello port=eth0 frames=3\n",
    ]);
  });

  it("writes JSON with time, level and fields", () => {
    const [, , , last = ""] = lines({ format: "json" }, all);
    expect(JSON.parse(last)).deep.equals({
      time: "2026-11-22T10:11:12.000Z",
      level: "info",
      message: "hello",
      port: "eth0",
      frames: 3,
    });
  });

  it("keeps a message on one line, whatever is in it", () => {
    expect(lines({}, (log) => log.warning("a\nb\r\nc"))).deep.equals(["warning: a b c\n"]);
    expect(lines({ format: "json" }, (log) => log.warning("a\nb"))[0]?.split("\n")).lengthOf(2);
  });
});
