/** Dots, then what failed, then what was skipped: its title says why. */
import Mocha from "mocha";

const { EVENT_RUN_END, EVENT_TEST_PENDING } = Mocha.Runner.constants;

export default class Dots extends Mocha.reporters.Dot {
  constructor(runner: Mocha.Runner, options: Mocha.MochaOptions) {
    super(runner, options);
    const skipped: string[] = [];
    runner.on(EVENT_TEST_PENDING, (test) => skipped.push(test.fullTitle()));
    runner.on(EVENT_RUN_END, () => {
      for (const title of skipped) Mocha.reporters.Base.consoleLog(`  skipped: ${title}`);
    });
  }
}
