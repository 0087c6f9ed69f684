/** `ha` as plain values again, as readHa reads them. */
import { formatAddress } from "../../wire/address.ts";
import type { HaConfig, VirtualRouterConfig } from "./config.ts";

export const haValues = ({ vrrp, sync }: HaConfig) => ({
  vrrp: vrrp.map(routerValues),
  ...(sync && {
    sync: {
      interface: sync.interface,
      id: sync.syncId,
      prompt: sync.prompt,
      ...(sync.group && { group: formatAddress(sync.group) }),
      ...(sync.port !== 0 && { port: sync.port }),
    },
  }),
});

const routerValues = ({
  interval,
  addresses,
  peers,
  authentication,
  preemptDelay,
  virtualMac,
  ...rest
}: VirtualRouterConfig) => ({
  ...rest,
  interval: `${interval * 10}ms`,
  addresses: addresses.map(({ address, prefix }) => `${formatAddress(address)}/${prefix}`),
  ...(peers && { peers: peers.map(formatAddress) }),
  ...(authentication && { auth: { [authentication.type]: authentication.secret } }),
  "preempt-delay": preemptDelay,
  "virtual-mac": virtualMac,
});
