/** Link types by name, so that a refusal can say what the file holds (IANA LINKTYPE_ registry; the common ones). */
import { type CaptureFault, ETHERNET } from "./packet.ts";

const NAMES: ReadonlyMap<number, string> = new Map([
  [0, "NULL"],
  [ETHERNET, "ETHERNET"],
  [6, "IEEE802_5"],
  [9, "PPP"],
  [10, "FDDI"],
  [50, "PPP_HDLC"],
  [51, "PPP_ETHER"],
  [101, "RAW"],
  [104, "C_HDLC"],
  [105, "IEEE802_11"],
  [107, "FRELAY"],
  [108, "LOOP"],
  [113, "LINUX_SLL"],
  [109, "ENC"],
  [117, "PFLOG"],
  [119, "IEEE802_11_PRISM"],
  [123, "SUNATM"],
  [127, "IEEE802_11_RADIOTAP"],
  [129, "ARCNET_LINUX"],
  [147, "USER0"],
  [189, "USB_LINUX"],
  [192, "PPI"],
  [204, "PPP_WITH_DIR"],
  [205, "C_HDLC_WITH_DIR"],
  [220, "USB_LINUX_MMAPPED"],
  [228, "IPV4"],
  [229, "IPV6"],
  [239, "NFLOG"],
  [242, "IPOIB"],
  [249, "USBPCAP"],
  [253, "NETLINK"],
  [258, "PKTAP"],
  [276, "LINUX_SLL2"],
]);

const COOKED = new Set([113, 276]);
/** Links on which IP packets are found, whose headers adopt takes off; the others of network-packet.ts. */
const WITH_IP = new Set([0, 9, 12, 14, 50, 101, 104, 105, 108, 109, 117, 127, 149, 204, 205, 228, 229, 239, 258]);

/** Link types that a reader of a capture can make something of, and what they are called together. */
export interface LinkTypes {
  readonly reads: (linkType: number) => boolean;
  readonly names: string;
}

export const ONLY_ETHERNET: LinkTypes = { reads: (linkType) => linkType === ETHERNET, names: "Ethernet (1)" };

/** The registry's name of a link type. */
export const linkTypeName = (linkType: number): string => NAMES.get(linkType) ?? "unknown";

/** That packets of this link type are not among those that are read, and what helps. */
export function unreadLinkType(linkType: number, { names }: LinkTypes): CaptureFault {
  const hint = COOKED.has(linkType)
    ? "; capture on each interface by name, not on any, or let tapvs adopt make a case of it"
    : WITH_IP.has(linkType)
      ? "; tapvs adopt makes a case of it"
      : "";
  return {
    kind: "unknown-link-type",
    message: `link type ${linkType} (${linkTypeName(linkType)}): only ${names} can be read${hint}`,
  };
}
