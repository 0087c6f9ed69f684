/** The virtual routers of a director, for whoever asks how it is. */
import type { Director } from "../../core/host/director.ts";
import type { RouterFigures } from "../../core/metrics/vrrp-metrics.ts";
import { formatAddress } from "../../core/wire/address.ts";

export const routerFigures = ({ vrrp, now }: Director): RouterFigures[] =>
  vrrp.routers.map((router) => {
    const { config, state, cause, since, takeovers, sent, received } = router;
    return {
      interface: config.interface,
      id: config.id,
      version: config.version,
      priority: config.priority,
      addresses: config.addresses.map(({ address }) => formatAddress(address)),
      state,
      cause,
      seconds: Math.floor((now - since) / 1e6),
      takeovers,
      sent,
      received,
      refused: Object.fromEntries(vrrp.refusedBy(router)),
    };
  });
