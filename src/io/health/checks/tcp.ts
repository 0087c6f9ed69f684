/** A TCP connection is opened and closed again. */
import { connect } from "node:net";
import { connectionFailure, type Finding, noAnswer, type Probe } from "./check.ts";

export function checkTcp({ address, port, timeout }: Probe): Promise<Finding> {
  return new Promise((resolve) => {
    const socket = connect({ host: address, port });
    const conclude = (finding: Finding): void => {
      clearTimeout(timer);
      // A reset: the server is rid of the connection at once.
      socket.resetAndDestroy();
      resolve(finding);
    };
    const timer = setTimeout(() => conclude(noAnswer(timeout)), timeout);
    socket.once("connect", () => conclude(undefined));
    socket.on("error", (error: NodeJS.ErrnoException) => conclude(connectionFailure(error)));
  });
}
