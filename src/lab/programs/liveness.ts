/** Whether a director lives: it accepts connections at its control socket. Stands for the probes of a router or a health check. */
import { connect } from "node:net";

/** Milliseconds from one look to the next. */
export const LOOK_AGAIN = 50;
/** A director that is held up for so long counts as dead. */
const PATIENCE = 1000;

export function lives(socket: string): Promise<boolean> {
  return new Promise((resolve) => {
    const connection = connect(socket);
    const say = (answer: boolean): void => {
      connection.destroy();
      resolve(answer);
    };
    connection.setTimeout(PATIENCE, () => say(false));
    connection.once("connect", () => say(true));
    connection.once("error", () => say(false));
  });
}
